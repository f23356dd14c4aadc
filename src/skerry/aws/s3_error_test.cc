#include "skerry/aws/s3_error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace skerry::aws {
namespace {

using testing::HasSubstr;

// As S3 sends it.
constexpr char kNoBucket[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<Error><Code>NoSuchBucket</Code><Message>The specified bucket does not "
    "exist</Message><BucketName>b</BucketName></Error>";

TEST(S3ErrorTest, CodeAndMessageAreFound) {
  const S3ErrorBody told = ParseS3Error(kNoBucket);

  EXPECT_EQ(told.code, "NoSuchBucket");
  EXPECT_EQ(told.message, "The specified bucket does not exist");
}

TEST(S3ErrorTest, EntitiesAreReadAndControlCharactersAreNot) {
  EXPECT_EQ(ParseS3Error("<Message>a &lt;&amp;&gt; &quot;b&apos; &x;\n\x1b"
                         "c</Message>")
                .message,
            "a <&> \"b' &x;  c");
}

TEST(S3ErrorTest, WhatIsNoErrorDocumentGivesNothing) {
  for (const std::string body :
       {"", "<Code>", "<Code>a", "<Code>a</Cod>", "<Code><b/></Code>",
        "not XML at all", "<Code>a<Code>b</Code>"}) {
    EXPECT_EQ(ParseS3Error(body).code, "") << body;
  }
  EXPECT_EQ(ParseS3Error("<Code>" + std::string(129, 'a') + "</Code>").code,
            "");
}

TEST(S3ErrorTest, TheErrorSaysWhatS3Said) {
  const Error error = ErrorOfS3(404, kNoBucket);

  EXPECT_EQ(error.code(), ErrorCode::kNotFound);
  EXPECT_EQ(error.message(),
            "S3 answered 404 NoSuchBucket: The specified bucket does not "
            "exist");
  EXPECT_EQ(ErrorOfS3(502, "<html>").message(), "S3 answered 502");
}

TEST(S3ErrorTest, WhatIsWorthAnotherTryIsUnavailable) {
  const auto code = [](int status, const std::string& name) {
    return ErrorOfS3(status, "<Code>" + name + "</Code>").code();
  };

  EXPECT_EQ(code(503, "SlowDown"), ErrorCode::kUnavailable);
  EXPECT_EQ(code(500, "InternalError"), ErrorCode::kUnavailable);
  EXPECT_EQ(code(429, ""), ErrorCode::kUnavailable);
  EXPECT_EQ(code(400, "RequestTimeout"), ErrorCode::kUnavailable);
  EXPECT_EQ(code(400, "ExpiredToken"), ErrorCode::kPermissionDenied);
  EXPECT_EQ(code(403, "AccessDenied"), ErrorCode::kPermissionDenied);
  EXPECT_EQ(code(301, "PermanentRedirect"), ErrorCode::kFailedPrecondition);
  EXPECT_EQ(code(400, "KeyTooLongError"), ErrorCode::kFailedPrecondition);
}

}  // namespace
}  // namespace skerry::aws
