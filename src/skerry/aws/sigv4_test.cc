#include "skerry/aws/sigv4.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "skerry/aws/digest.h"

namespace skerry::aws {
namespace {

using std::chrono::sys_days;
using std::chrono::system_clock;
using testing::HasSubstr;

// The keys of AWS's published examples and of its test suite.
constexpr char kSuiteSecret[] = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
constexpr char kS3Secret[] = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
constexpr char kS3Host[] = "examplebucket.s3.amazonaws.com";

system_clock::time_point SuiteTime() {
  return sys_days(std::chrono::year(2015) / 8 / 30) +
         std::chrono::minutes(12 * 60 + 36);
}

std::string SuiteSignature(const std::string& method, const std::string& target,
                           http::Headers headers,
                           const std::string& service = "service",
                           const std::string& body = "") {
  const SigningScope scope{"20150830", "us-east-1", service};
  const std::string hash = Hex(Sha256(body));
  headers.emplace_back("X-Amz-Date", AmzTime(SuiteTime()));
  const std::string canonical = CanonicalRequest({.method = method,
                                                  .target = target,
                                                  .headers = headers,
                                                  .payload_hash = hash});
  return Signature(SigningKey(kSuiteSecret, scope),
                   StringToSign(AmzTime(SuiteTime()), scope, canonical));
}

// The signature of a request to S3, as in the examples of S3's manual.
std::string S3Signature(const http::Request& request) {
  const Signer signer{.credentials = {"AKIAIOSFODNN7EXAMPLE", kS3Secret, ""},
                      .region = "us-east-1",
                      .service = "s3",
                      .path_rule = PathRule::kOnce};
  const http::Headers added = Sign(signer, request, kS3Host,
                                   sys_days(std::chrono::year(2013) / 5 / 24));
  EXPECT_EQ(added.back().first, "Authorization");
  const std::string& value = added.back().second;
  return value.substr(value.find("Signature=") + 10);
}

TEST(SigV4Test, TheKeyIsDerivedAsInTheManual) {
  const std::string key =
      SigningKey(kSuiteSecret, {"20150830", "us-east-1", "iam"});

  EXPECT_EQ(Hex(key),
            "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9");
}

TEST(SigV4Test, TheManualsIamRequestGetsItsSignature) {
  EXPECT_EQ(
      SuiteSignature(
          "GET", "/?Action=ListUsers&Version=2010-05-08",
          {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"},
           {"Host", "iam.amazonaws.com"}},
          "iam"),
      "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7");
}

TEST(SigV4Test, RequestsOfTheTestSuiteGetTheirSignatures) {
  const http::Headers host = {{"Host", "example.amazonaws.com"}};
  // get-vanilla, post-vanilla, get-vanilla-query-order-key-case, get-utf8.
  EXPECT_EQ(SuiteSignature("GET", "/", host),
            "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
  EXPECT_EQ(SuiteSignature("POST", "/", host),
            "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b");
  EXPECT_EQ(SuiteSignature("GET", "/?Param2=value2&Param1=value1", host),
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500");
  EXPECT_EQ(SuiteSignature("GET", "/\u1234", host),
            "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85");
}

TEST(SigV4Test, PathsOfTheTestSuiteAreNormalised) {
  const http::Headers host = {{"Host", "example.amazonaws.com"}};
  const std::string vanilla = SuiteSignature("GET", "/", host);

  EXPECT_EQ(SuiteSignature("GET", "//", host), vanilla);
  EXPECT_EQ(SuiteSignature("GET", "/example/..", host), vanilla);
  EXPECT_EQ(SuiteSignature("GET", "/./", host), vanilla);
  EXPECT_NE(SuiteSignature("GET", "/./example", host), vanilla);
}

TEST(SigV4Test, S3sExamplesGetTheirSignatures) {
  EXPECT_EQ(S3Signature({.method = "GET",
                         .target = "/test.txt",
                         .headers = {{"Range", "bytes=0-9"}},
                         .body = ""}),
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
  EXPECT_EQ(
      S3Signature({.method = "PUT",
                   .target = "/test%24file.text",
                   .headers = {{"Date", "Fri, 24 May 2013 00:00:00 GMT"},
                               {"x-amz-storage-class", "REDUCED_REDUNDANCY"}},
                   .body = "Welcome to Amazon S3."}),
      "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
  EXPECT_EQ(S3Signature({.method = "GET",
                         .target = "/?lifecycle",
                         .headers = {},
                         .body = ""}),
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
  EXPECT_EQ(S3Signature({.method = "GET",
                         .target = "/?max-keys=2&prefix=J",
                         .headers = {},
                         .body = ""}),
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

TEST(SigV4Test, S3PathsAreEncodedOnceAndKeepTheirSlashes) {
  const auto path = [](std::string_view target) {
    const std::string text = CanonicalRequest({.method = "GET",
                                               .target = target,
                                               .headers = {{"host", "h"}},
                                               .payload_hash = "x",
                                               .path_rule = PathRule::kOnce});
    return text.substr(4, text.find('\n', 4) - 4);
  };

  EXPECT_EQ(path("/b/a//c/../d"), "/b/a//c/../d");
  EXPECT_EQ(path("/b/a%20b%2fc"), "/b/a%20b%2Fc");
  EXPECT_EQ(path("/b/a b=c"), "/b/a%20b%3Dc");
  EXPECT_EQ(path("/b/100%"), "/b/100%25");
  EXPECT_EQ(path(""), "/");
}

TEST(SigV4Test, OtherPathsAreEncodedTwice) {
  EXPECT_THAT(CanonicalRequest({.method = "GET",
                                .target = "/a%20b",
                                .headers = {{"host", "h"}},
                                .payload_hash = "x"}),
              HasSubstr("\n/a%2520b\n"));
}

TEST(SigV4Test, HeaderValuesAreTrimmedAndMerged) {
  const std::string text = CanonicalRequest(
      {.method = "GET",
       .target = "/",
       .headers = {{"Zeta", "  a   b "}, {"host", "h"}, {"zeta", "c"}},
       .payload_hash = "x"});

  EXPECT_THAT(text, HasSubstr("\nhost:h\nzeta:a b,c\n\nhost;zeta\n"));
}

TEST(SigV4Test, ASessionTokenIsSentAndSigned) {
  const Signer signer{
      .credentials = {"id", "secret", "token"}, .region = "r", .service = "s3"};

  const http::Headers added = Sign(signer, {}, "h", SuiteTime());

  EXPECT_THAT(
      added, testing::Contains(testing::Pair("X-Amz-Security-Token", "token")));
  EXPECT_THAT(added.back().second,
              HasSubstr("SignedHeaders=host;x-amz-content-sha256;x-amz-date;"
                        "x-amz-security-token, "));
}

TEST(DigestTest, Base64IsThatOfTheStandard) {
  EXPECT_EQ(EncodeBase64(""), "");
  EXPECT_EQ(EncodeBase64("f"), "Zg==");
  EXPECT_EQ(EncodeBase64("fo"), "Zm8=");
  EXPECT_EQ(EncodeBase64("foobar"), "Zm9vYmFy");
  const std::string large((std::size_t{3} << 20) + 1, '\0');
  EXPECT_EQ(EncodeBase64(large),
            std::string(std::size_t{4} << 20, 'A') + "AA==");
}

TEST(DigestTest, HmacIsThatOfTheStandard) {
  // RFC 4231, test case 2.
  EXPECT_EQ(Hex(HmacSha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(Hex(HmacSha256("", "")),
            "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(DigestTest, SecretsAreComparedWhole) {
  EXPECT_TRUE(EqualSecrets("abc", "abc"));
  EXPECT_FALSE(EqualSecrets("abc", "abd"));
  EXPECT_FALSE(EqualSecrets("abc", "ab"));
}

}  // namespace
}  // namespace skerry::aws
