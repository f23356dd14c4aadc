#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "skerry/aws/digest.h"
#include "skerry/cloud/identity/authorization.h"
#include "skerry/cloud/identity/identity_test_support.h"

namespace skerry::cloud {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;

constexpr char kEmptyHash[] =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

std::string* FindHeader(RequestHead& head, std::string_view name) {
  for (auto& [known, value] : head.headers) {
    if (known == name) return &value;
  }
  return nullptr;
}

void ReplaceIn(std::string& text, std::string_view from, std::string_view to) {
  text.replace(text.find(from), from.size(), to);
}

class VerifyTest : public testing::Test {
 protected:
  ApiResult<VerifiedRequest> Verify(const RequestHead& head,
                                    seconds later = seconds(0)) {
    return VerifyRequest(head, keys_, ExampleTime() + later);
  }

  // What comes of a whole request.
  std::string Outcome(const RequestHead& head, std::string_view body) {
    const ApiResult<VerifiedRequest> verified = Verify(head);
    if (!verified) return verified.error().code;
    return CodeOf(ReadAll(*verified->payload, body, 7));
  }

  FixedKeys keys_;
};

// "GET Object" of S3's manual.
RequestHead ManualGet() {
  RequestHead head;
  head.method = "GET";
  head.target = "/test.txt";
  head.headers = {
      {"host", "examplebucket.s3.amazonaws.com"},
      {"authorization",
       "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/"
       "s3/aws4_request,SignedHeaders=host;range;x-amz-content-sha256;"
       "x-amz-date,Signature="
       "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"},
      {"range", "bytes=0-9"},
      {"x-amz-content-sha256", kEmptyHash},
      {"x-amz-date", "20130524T000000Z"}};
  head.content_length = 0;
  return head;
}

std::string ManualAuthorization() {
  RequestHead head = ManualGet();
  return *FindHeader(head, "authorization");
}

// The presigned URL of S3's manual, good for a day.
RequestHead ManualPresigned() {
  RequestHead head;
  head.method = "GET";
  head.target =
      "/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential="
      "AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&"
      "X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&"
      "X-Amz-SignedHeaders=host&X-Amz-Signature="
      "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";
  head.headers = {{"host", "examplebucket.s3.amazonaws.com"}};
  head.content_length = 0;
  return head;
}

TEST_F(VerifyTest, TheManualsGetIsVerified) {
  const ApiResult<VerifiedRequest> verified = Verify(ManualGet());

  ASSERT_EQ(CodeOf(verified), "ok");
  EXPECT_EQ(verified->principal.access_key_id, "AKIAIOSFODNN7EXAMPLE");
  EXPECT_EQ(verified->principal.role, Role::kDeployer);
  EXPECT_EQ(verified->service, "s3");
  EXPECT_EQ(verified->region, "us-east-1");
  EXPECT_FALSE(verified->presigned);
  EXPECT_FALSE(verified->provisional);
  EXPECT_EQ(CodeOf(verified->payload->End()), "ok");
}

TEST_F(VerifyTest, TheManualsPresignedUrlIsVerifiedUntilItEnds) {
  const ApiResult<VerifiedRequest> verified =
      Verify(ManualPresigned(), seconds(86400));

  ASSERT_EQ(CodeOf(verified), "ok");
  EXPECT_TRUE(verified->presigned);
  EXPECT_EQ(CodeOf(ReadAll(*verified->payload, "any body", 3)), "ok");
  EXPECT_EQ(CodeOf(Verify(ManualPresigned(), seconds(86401))), "AccessDenied");
  EXPECT_EQ(CodeOf(Verify(ManualPresigned(), -minutes(16))), "AccessDenied");
}

TEST_F(VerifyTest, EveryPartOfARequestIsSigned) {
  const std::string body = R"({"a": 1})";
  const RequestHead good = SignedHead(
      "sagemaker", "POST", "/x?b=2&a=1", body,
      {{"x-amz-target", "SageMaker.List"}, {"content-type", "text/plain"}});
  ASSERT_EQ(Outcome(good, body), "ok");
  const auto outcome_with = [&](const auto& change) {
    RequestHead head = good;
    change(head);
    return Outcome(head, body);
  };

  EXPECT_EQ(outcome_with([](auto& head) { head.method = "PUT"; }),
            "InvalidSignatureException");
  EXPECT_EQ(outcome_with([](auto& head) { head.target = "/y?b=2&a=1"; }),
            "InvalidSignatureException");
  EXPECT_EQ(outcome_with([](auto& head) { head.target = "/x?b=2&a=2"; }),
            "InvalidSignatureException");
  EXPECT_EQ(outcome_with([](auto& head) { head.target += "&c=3"; }),
            "InvalidSignatureException");
  for (const char* const name : {"host", "content-type", "x-amz-target"}) {
    EXPECT_EQ(outcome_with([&](auto& head) { *FindHeader(head, name) += "x"; }),
              "InvalidSignatureException")
        << name;
  }
  EXPECT_EQ(outcome_with([](auto& head) {
              *FindHeader(head, "x-amz-date") = "20130524T000001Z";
            }),
            "InvalidSignatureException");
  EXPECT_EQ(outcome_with([](auto& head) {
              ReplaceIn(*FindHeader(head, "authorization"), "us-east-1",
                        "eu-west-1");
            }),
            "InvalidSignatureException");
  EXPECT_EQ(Outcome(good, R"({"a": 2})"), "InvalidSignatureException");
}

TEST_F(VerifyTest, EachDigitOfTheSignatureCounts) {
  for (std::size_t i = 0; i < 64; ++i) {
    RequestHead head = ManualGet();
    std::string& value = *FindHeader(head, "authorization");
    char& digit = value[value.size() - 64 + i];
    digit = digit == '0' ? '1' : '0';

    EXPECT_EQ(CodeOf(Verify(head)), "SignatureDoesNotMatch") << i;
  }
}

TEST_F(VerifyTest, ABodyOfS3MustHaveItsHash) {
  const RequestHead head = SignedHead("s3", "PUT", "/key", "hello");

  EXPECT_EQ(Outcome(head, "hello"), "ok");
  EXPECT_EQ(Outcome(head, "hellO"), "XAmzContentSHA256Mismatch");
}

// Clients of JSON protocols sign the body's hash without sending it.
TEST_F(VerifyTest, WithoutAHashTheSignatureIsCheckedAtTheEnd) {
  const std::string body = R"({"DeviceName": "d"})";
  RequestHead head = SignedHead("sagemaker", "POST", "/", body);
  // Signed again, as botocore does, without the hash's header.
  std::erase_if(head.headers, [](const auto& header) {
    return header.first == "x-amz-content-sha256" ||
           header.first == "authorization";
  });
  const aws::SigningScope scope{"20130524", "us-east-1", "sagemaker"};
  const std::string hash = aws::Hex(aws::Sha256(body));
  const std::string signature = aws::Signature(
      aws::SigningKey(keys_.key.secret, scope),
      aws::StringToSign("20130524T000000Z", scope,
                        aws::CanonicalRequest({.method = "POST",
                                               .target = "/",
                                               .headers = head.headers,
                                               .payload_hash = hash})));
  head.headers.emplace_back(
      "authorization",
      "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/" + scope.ToString() +
          ", SignedHeaders=host;x-amz-date, Signature=" + signature);

  const ApiResult<VerifiedRequest> verified = Verify(head);

  ASSERT_EQ(CodeOf(verified), "ok");
  EXPECT_TRUE(verified->provisional);
  EXPECT_EQ(Outcome(head, body), "ok");
  EXPECT_EQ(Outcome(head, body + " "), "InvalidSignatureException");
}

TEST_F(VerifyTest, ABodyThatIsCheckedAtItsEndIsLimited) {
  RequestHead head = SignedHead("sagemaker", "POST", "/", "x");
  std::erase_if(head.headers, [](const auto& header) {
    return header.first == "x-amz-content-sha256";
  });
  ReplaceIn(*FindHeader(head, "authorization"), ";x-amz-content-sha256", "");
  const ApiResult<VerifiedRequest> verified = Verify(head);
  ASSERT_EQ(CodeOf(verified), "ok");

  const std::vector<std::byte> piece(std::size_t{1} << 20);
  std::vector<std::byte> content;
  std::string code = "ok";
  for (int i = 0; i < 33 && code == "ok"; ++i) {
    content.clear();
    code = CodeOf(verified->payload->Read(piece, content));
    EXPECT_EQ(code, i < 32 ? "ok" : "RequestEntityTooLarge");
  }
}

TEST_F(VerifyTest, ClocksMayDifferByAQuarterOfAnHour) {
  const RequestHead other = SignedHead("sagemaker", "POST", "/", "");

  EXPECT_EQ(CodeOf(Verify(ManualGet(), minutes(15))), "ok");
  EXPECT_EQ(CodeOf(Verify(ManualGet(), -minutes(15))), "ok");
  EXPECT_EQ(CodeOf(Verify(ManualGet(), minutes(15) + seconds(1))),
            "RequestTimeTooSkewed");
  EXPECT_EQ(CodeOf(Verify(ManualGet(), -minutes(15) - seconds(1))),
            "RequestTimeTooSkewed");
  EXPECT_EQ(CodeOf(Verify(other, minutes(16))), "InvalidSignatureException");
}

TEST_F(VerifyTest, HeadersOfTheProtocolMustBeSigned) {
  RequestHead extra = ManualGet();
  extra.headers.emplace_back("x-amz-acl", "public-read");
  RequestHead no_host = ManualGet();
  ReplaceIn(*FindHeader(no_host, "authorization"), "host;range", "range");
  RequestHead missing = ManualGet();
  ReplaceIn(*FindHeader(missing, "authorization"), "host;", "accept;host;");

  const ApiResult<VerifiedRequest> refused = Verify(extra);
  EXPECT_EQ(CodeOf(refused), "AccessDenied");
  EXPECT_THAT(refused.error().message, HasSubstr("x-amz-acl"));
  EXPECT_EQ(CodeOf(Verify(no_host)), "AccessDenied");
  EXPECT_EQ(CodeOf(Verify(missing)), "SignatureDoesNotMatch");
}

TEST_F(VerifyTest, UnsignedRequestsGetTheCodeOfTheirProtocol) {
  RequestHead s3;
  s3.method = "GET";
  s3.target = "/bucket/key";
  RequestHead json = s3;
  json.headers = {{"x-amz-target", "SageMaker.ListDevices"}};

  EXPECT_EQ(CodeOf(Verify(s3)), "AccessDenied");
  EXPECT_EQ(CodeOf(Verify(json)), "MissingAuthenticationToken");
}

TEST_F(VerifyTest, KeysThatAreUnknownOrOffAreRefused) {
  const RequestHead json = SignedHead("sagemaker", "POST", "/", "");
  keys_.key.active = false;
  EXPECT_EQ(CodeOf(Verify(ManualGet())), "InvalidAccessKeyId");
  EXPECT_EQ(CodeOf(Verify(json)), "UnrecognizedClientException");
  keys_.key.active = true;
  keys_.key.principal.access_key_id = "AKIAOTHER";
  EXPECT_EQ(CodeOf(Verify(ManualGet())), "InvalidAccessKeyId");
  EXPECT_EQ(CodeOf(Verify(json)), "UnrecognizedClientException");
}

TEST_F(VerifyTest, ADatabaseThatIsGoneIsNoFaultOfTheClient) {
  RequestHead head = ManualGet();
  ReplaceIn(*FindHeader(head, "authorization"), "AKIAIOSFODNN7EXAMPLE",
            "UNREACHABLE");

  const ApiResult<VerifiedRequest> verified = Verify(head);

  ASSERT_EQ(CodeOf(verified), "ServiceUnavailable");
  EXPECT_EQ(verified.error().status, 503);
}

TEST_F(VerifyTest, SessionsNeedTheirTokenAndEnd) {
  const RequestHead head =
      SignedHead("s3", "GET", "/k", "", {{"x-amz-security-token", "token"}});
  const RequestHead json = SignedHead("sagemaker", "POST", "/", "",
                                      {{"x-amz-security-token", "token"}});
  const auto micros = [](seconds later) {
    return std::chrono::duration_cast<std::chrono::microseconds>(
               (ExampleTime() + later).time_since_epoch())
        .count();
  };

  EXPECT_EQ(CodeOf(Verify(head)), "InvalidToken");  // the key has none
  keys_.key.session_token = "token";
  keys_.key.expires = micros(seconds(60));
  EXPECT_EQ(CodeOf(Verify(head)), "ok");
  EXPECT_EQ(CodeOf(Verify(ManualGet())), "InvalidToken");
  EXPECT_EQ(CodeOf(Verify(head, seconds(60))), "ExpiredToken");
  EXPECT_EQ(CodeOf(Verify(json, seconds(60))), "ExpiredTokenException");
  keys_.key.session_token = "other";
  EXPECT_EQ(CodeOf(Verify(head)), "InvalidToken");
  EXPECT_EQ(CodeOf(Verify(json)), "UnrecognizedClientException");
}

TEST_F(VerifyTest, MalformedAuthorizationIsRefused) {
  const std::string good = ManualAuthorization();
  const auto code_with = [&](std::string_view from, std::string_view to) {
    RequestHead head = ManualGet();
    ReplaceIn(*FindHeader(head, "authorization"), from, to);
    return CodeOf(Verify(head));
  };

  EXPECT_EQ(code_with("AWS4-HMAC-SHA256 ", "AWS "), "InvalidRequest");
  EXPECT_EQ(code_with("AWS4-HMAC-SHA256 ", "AWS4-HMAC-SHA256"),
            "InvalidRequest");
  for (const auto& [from, to] :
       std::vector<std::pair<std::string, std::string>>{
           {"/20130524", ""},
           {"/20130524", "/2013052"},
           {"aws4_request", "aws5_request"},
           {"us-east-1", "us east"},
           {"us-east-1", ""},
           {"host;range", "range;host"},
           {"host;range", "host;host;range"},
           {"host;range", "Host;range"},
           {"host;range", "host;;range"},
           {"Signature=f0", "Signature=F0"},
           {"Signature=f0", "Signature=f"},
           {",Signature=", ",Signature=1,Signature="},
           {",SignedHeaders", ",Other=1,SignedHeaders"},
           {"SignedHeaders=", "SignedHeaders"},
           {good.substr(good.find(",Signature")), ""}}) {
    EXPECT_EQ(code_with(from, to), "AuthorizationHeaderMalformed")
        << from << " " << to;
  }
}

TEST_F(VerifyTest, MalformedPresignedUrlsAreRefused) {
  const auto code_with = [&](std::string_view from, std::string_view to) {
    RequestHead head = ManualPresigned();
    ReplaceIn(head.target, from, to);
    return CodeOf(Verify(head));
  };

  for (const auto& [from, to] :
       std::vector<std::pair<std::string, std::string>>{
           {"Expires=86400", "Expires=604801"},
           {"Expires=86400", "Expires=0"},
           {"Expires=86400", "Expires=-1"},
           {"Expires=86400", "Expires=1x"},
           {"&X-Amz-Expires=86400", ""},
           {"&X-Amz-SignedHeaders=host", ""},
           {"&X-Amz-Date=20130524T000000Z", ""},
           {"Date=20130524T000000Z", "Date=20130525T000000Z"},
           {"Date=20130524T000000Z", "Date=20130524T000060Z"},
           {"%2F20130524", "%2"},
           {"SHA256", "SHA512"},
           {"&X-Amz-Date", "&X-Amz-Date=1&X-Amz-Date"},
           {"Signature=ae", "Signature=a"}}) {
    EXPECT_EQ(code_with(from, to), "AuthorizationQueryParametersError")
        << from << " " << to;
  }
  EXPECT_EQ(code_with("Expires=86400", "Expires=604800"),
            "SignatureDoesNotMatch");
  EXPECT_EQ(code_with("/test.txt", "/test.tx"), "SignatureDoesNotMatch");
  EXPECT_EQ(code_with("X-Amz-Algorithm", "a=1&X-Amz-Algorithm"),
            "SignatureDoesNotMatch");
}

TEST_F(VerifyTest, TwoWaysAtOnceAreRefused) {
  RequestHead head = ManualPresigned();
  head.headers.emplace_back("authorization", ManualAuthorization());
  RequestHead twice = ManualGet();
  twice.headers.emplace_back("x-amz-date", "20130524T000000Z");

  EXPECT_EQ(CodeOf(Verify(head)), "InvalidArgument");
  EXPECT_EQ(CodeOf(Verify(twice)), "AuthorizationHeaderMalformed");
}

TEST_F(VerifyTest, APayloadHashThatIsNoneIsRefused) {
  RequestHead none = ManualGet();
  std::erase_if(none.headers, [](const auto& header) {
    return header.first == "x-amz-content-sha256";
  });
  ReplaceIn(*FindHeader(none, "authorization"), "x-amz-content-sha256;", "");

  EXPECT_EQ(CodeOf(Verify(none)), "InvalidRequest");
}

TEST(ParseAmzTimeTest, TakesTimesAndNothingElse) {
  EXPECT_EQ(ParseAmzTime("20130524T000000Z"), ExampleTime());
  EXPECT_EQ(
      ParseAmzTime("20160229T235959Z"),
      std::chrono::sys_days(std::chrono::year(2016) / 3 / 1) - seconds(1));
  for (const char* const text :
       {"", "20130524T000000", "20130524T000000z", "20130230T000000Z",
        "20130524T240000Z", "20130524T006000Z", "20130524 000000Z",
        "2013-05-24T00:00Z", "+0130524T000000Z", "99990524T000000Z"}) {
    EXPECT_FALSE(ParseAmzTime(text)) << text;
  }
}

}  // namespace
}  // namespace skerry::cloud
