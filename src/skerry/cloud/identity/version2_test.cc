#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "skerry/aws/digest.h"
#include "skerry/cloud/identity/identity_test_support.h"

namespace skerry::cloud {
namespace {

using testing::HasSubstr;

// "Query String Request Authentication Alternative" of S3's manual, whose
// string to sign and signature these are.
constexpr char kManualPath[] = "/awsexamplebucket1/photos/puppy.jpg";
constexpr std::int64_t kManualExpires = 1175139620;

std::chrono::system_clock::time_point At(std::int64_t seconds) {
  return std::chrono::system_clock::time_point(std::chrono::seconds(seconds));
}

RequestHead Presigned(const FixedKeys& keys, const std::string& path,
                      const std::string& text, const std::string& query) {
  std::string signature;
  for (const char c : aws::EncodeBase64(aws::HmacSha1(keys.key.secret, text))) {
    signature += c == '+'   ? "%2B"
                 : c == '/' ? "%2F"
                 : c == '=' ? "%3D"
                            : std::string(1, c);
  }
  RequestHead head;
  head.method = "GET";
  head.target = path + "?" + query + (query.empty() ? "" : "&") +
                "AWSAccessKeyId=" + keys.key.principal.access_key_id +
                "&Expires=" + std::to_string(kManualExpires) +
                "&Signature=" + signature;
  head.headers = {{"host", "localhost"}};
  return head;
}

class Version2Test : public testing::Test {
 protected:
  std::string Outcome(const RequestHead& head,
                      std::int64_t now = kManualExpires) {
    EXPECT_TRUE(IsVersion2(head));
    const auto verified = VerifyVersion2(head, kManualPath, keys_, At(now));
    if (!verified) return verified.error().code;
    EXPECT_EQ(verified->principal.name, "example");
    EXPECT_TRUE(verified->presigned);
    return CodeOf(ReadAll(*verified->payload, "body", 3));
  }

  RequestHead Plain() const {
    return Presigned(keys_, kManualPath,
                     "GET\n\n\n1175139620\n" + std::string(kManualPath), "");
  }

  FixedKeys keys_;
};

TEST_F(Version2Test, HmacSha1IsThatOfRfc2202) {
  EXPECT_EQ(aws::Hex(aws::HmacSha1("Jefe", "what do ya want for nothing?")),
            "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
}

TEST_F(Version2Test, TheManualsExampleIsTaken) {
  RequestHead head = Plain();
  EXPECT_EQ(Outcome(head), "ok");

  // Its signature, as published for this key.
  head.target = std::string(kManualPath) +
                "?AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Signature="
                "NpgCjnDzrM%2BWFzoENXmpNDUsSn8%3D&Expires=1175139620";
  const auto by_host = VerifyVersion2(head, "/johnsmith/photos/puppy.jpg",
                                      keys_, At(kManualExpires));
  EXPECT_EQ(CodeOf(by_host), "ok");
}

TEST_F(Version2Test, ItEndsWhenItSays) {
  EXPECT_EQ(Outcome(Plain(), kManualExpires), "ok");
  EXPECT_EQ(Outcome(Plain(), kManualExpires + 1), "AccessDenied");
  for (const std::string text : {"-1", "", "1e9", "99999999999999999999"}) {
    RequestHead head = Plain();
    const std::string known = std::to_string(kManualExpires);
    head.target.replace(head.target.find(known), known.size(), text);
    EXPECT_EQ(Outcome(head), "AccessDenied") << text;
  }
}

TEST_F(Version2Test, ParametersOfTheResourceAreSignedInOrderAndDecoded) {
  const std::string text =
      "GET\n\n\n1175139620\n" + std::string(kManualPath) +
      "?response-content-type=text/x; a=b&uploads&versionId=3";
  RequestHead head = Presigned(keys_, kManualPath, text,
                               "versionId=3&uploads&prefix=free&"
                               "response-content-type=text%2fx%3B%20a%3Db");

  EXPECT_EQ(Outcome(head), "ok");
  head.target.replace(head.target.find("versionId=3"), 11, "versionId=4");
  EXPECT_EQ(Outcome(head), "SignatureDoesNotMatch");
}

TEST_F(Version2Test, HeadersAreSigned) {
  const std::string text =
      "GET\nmd5==\ntext/plain\n1175139620\nx-amz-acl:private\n"
      "x-amz-meta-a:1,2\n" +
      std::string(kManualPath);
  RequestHead head = Presigned(keys_, kManualPath, text,
                               "content-type=text%2Fplain&x-amz-acl=private");
  head.headers.insert(head.headers.end(), {{"x-amz-meta-a", "1"},
                                           {"content-type", "text/plain"},
                                           {"x-amz-acl", "private"},
                                           {"content-md5", "md5=="},
                                           {"x-amz-meta-a", "2"}});

  EXPECT_EQ(Outcome(head), "ok");
  head.headers.emplace_back("x-amz-copy-source", "/b/k");
  EXPECT_EQ(Outcome(head), "SignatureDoesNotMatch");
  head.headers.resize(3);
  EXPECT_EQ(Outcome(head), "AccessDenied");
}

TEST_F(Version2Test, WhatItDoesNotCoverIsRefused) {
  for (const std::string more : {"&attributes", "&x-amz-acl=public-read",
                                 "&X-Amz-Algorithm=x", "&Uploads"}) {
    RequestHead head = Plain();
    head.target += more;
    const auto verified =
        VerifyVersion2(head, kManualPath, keys_, At(kManualExpires));
    ASSERT_FALSE(verified.has_value()) << more;
    EXPECT_EQ(verified.error().code, "AccessDenied");
    EXPECT_THAT(verified.error().message, HasSubstr("is not covered"));
  }
  for (const std::string more : {"&Expires=1175139620", "&prefix=%4"}) {
    RequestHead head = Plain();
    head.target += more;
    EXPECT_EQ(Outcome(head), "AuthorizationQueryParametersError") << more;
  }
}

TEST_F(Version2Test, KeysAreCheckedAsEver) {
  RequestHead unknown = Plain();
  unknown.target.replace(unknown.target.find("AKIAIOSF"), 8, "AKIAIOSX");
  EXPECT_EQ(Outcome(unknown), "InvalidAccessKeyId");
  keys_.key.session_token = "token";
  EXPECT_EQ(Outcome(Plain()), "InvalidToken");
  const RequestHead session =
      Presigned(keys_, kManualPath,
                "GET\n\n\n1175139620\nx-amz-security-token:token\n" +
                    std::string(kManualPath),
                "x-amz-security-token=token");
  EXPECT_EQ(Outcome(session), "ok");
  keys_.key.expires = 1;
  EXPECT_EQ(Outcome(session), "ExpiredToken");
  keys_.key.expires = 0;
  keys_.key.active = false;
  EXPECT_EQ(Outcome(session), "InvalidAccessKeyId");
}

TEST_F(Version2Test, OtherRequestsAreNone) {
  RequestHead head;
  head.target = "/b/k?X-Amz-Signature=x&AWSAccessKeyId=a";
  EXPECT_FALSE(IsVersion2(head));
  head.target = "/b/k";
  EXPECT_FALSE(IsVersion2(head));
  head = Plain();
  head.headers.emplace_back("authorization", "AWS4-HMAC-SHA256 x");
  EXPECT_FALSE(IsVersion2(head));
}

}  // namespace
}  // namespace skerry::cloud
