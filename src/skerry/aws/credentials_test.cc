#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <cstdlib>
#include <string>

#include "skerry/aws/iot_credentials.h"
#include "skerry/platform/file.h"
#include "skerry/platform/temp_directory.h"

namespace skerry::aws {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr char kAnswer[] =
    R"({"credentials":{"accessKeyId":"AKIA","secretAccessKey":"sec/ret",)"
    R"("sessionToken":"tok","expiration":"2018-01-18T09:18:06Z"}})";

TEST(CredentialsTest, TheEnvironmentNamesThem) {
  setenv("AWS_ACCESS_KEY_ID", "id", 1);
  setenv("AWS_SECRET_ACCESS_KEY", "secret", 1);
  setenv("AWS_SESSION_TOKEN", "token", 1);

  const auto read = EnvironmentCredentials()();

  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->access_key_id, "id");
  EXPECT_EQ(read->secret_access_key, "secret");
  EXPECT_EQ(read->session_token, "token");
}

TEST(CredentialsTest, AMissingVariableIsNamed) {
  setenv("AWS_ACCESS_KEY_ID", "id", 1);
  unsetenv("AWS_SECRET_ACCESS_KEY");

  const auto read = EnvironmentCredentials()();

  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().code(), ErrorCode::kFailedPrecondition);
  EXPECT_THAT(read.error().message(), HasSubstr("AWS_SECRET_ACCESS_KEY"));
}

class FileCredentialsTest : public testing::Test {
 protected:
  Result<Credentials> Read(const std::string& text, mode_t mode = 0600) {
    EXPECT_TRUE(platform::WriteTextFile(path_, text).has_value());
    EXPECT_EQ(chmod(path_.c_str(), mode), 0);
    return provider_();
  }

  platform::TempDirectory folder_ =
      *platform::TempDirectory::Create("credentials");
  std::string path_ = folder_.Join("credentials");
  CredentialsProvider provider_ = FileCredentials(path_);
};

TEST_F(FileCredentialsTest, TheDefaultSectionIsReadAnewEachTime) {
  const auto first = Read(
      "# mine\n[other]\naws_access_key_id = no\n[default]\r\n"
      "aws_access_key_id = id\r\naws_secret_access_key=a+b/c=\n"
      "region = x\n[third]\naws_secret_access_key = no\n");
  const auto second = Read(
      "aws_access_key_id=two\naws_secret_access_key=s\n"
      "aws_session_token=t");

  ASSERT_TRUE(first.has_value()) << first.error().message();
  EXPECT_EQ(first->access_key_id, "id");
  EXPECT_EQ(first->secret_access_key, "a+b/c=");
  EXPECT_EQ(first->session_token, "");
  ASSERT_TRUE(second.has_value()) << second.error().message();
  EXPECT_EQ(second->access_key_id, "two");
  EXPECT_EQ(second->session_token, "t");
}

TEST_F(FileCredentialsTest, WhatIsWrongWithTheFileIsNamed) {
  const auto none = provider_();
  const auto empty = Read("[default]\naws_access_key_id = id\n");
  const auto open = Read("aws_access_key_id=i\naws_secret_access_key=s", 0640);

  EXPECT_EQ(none.error().code(), ErrorCode::kNotFound);
  EXPECT_THAT(none.error().message(), HasSubstr(path_));
  EXPECT_EQ(empty.error().code(), ErrorCode::kFailedPrecondition);
  EXPECT_THAT(empty.error().message(), HasSubstr("aws_secret_access_key"));
  EXPECT_EQ(open.error().code(), ErrorCode::kPermissionDenied);
  EXPECT_THAT(open.error().message(), HasSubstr("chmod 600"));
}

TEST(CredentialsTest, TheIotAnswerIsRead) {
  const auto read = ParseIotCredentials(kAnswer);

  ASSERT_TRUE(read.has_value()) << read.error().message();
  EXPECT_EQ(read->credentials.access_key_id, "AKIA");
  EXPECT_EQ(read->credentials.secret_access_key, "sec/ret");
  EXPECT_EQ(read->credentials.session_token, "tok");
  EXPECT_EQ(read->expiration,
            std::chrono::sys_days(std::chrono::year(2018) / 1 / 18) +
                std::chrono::seconds((9 * 60 + 18) * 60 + 6));
}

TEST(CredentialsTest, CredentialsWithoutExpirationAreNotKept) {
  const auto read = ParseIotCredentials(
      R"({"credentials":{"accessKeyId":"a","secretAccessKey":"b",)"
      R"("sessionToken":"c"}})");

  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->expiration, std::chrono::system_clock::time_point());
}

TEST(CredentialsTest, ABrokenIotAnswerIsAnErrorWithoutSecrets) {
  const std::string whole = kAnswer;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(ParseIotCredentials(whole.substr(0, size)).has_value());
  }
  for (const std::string text :
       {"[]", "{}", "null", R"({"credentials":[]})", R"({"credentials":{}})",
        R"({"credentials":{"accessKeyId":1}})"}) {
    EXPECT_FALSE(ParseIotCredentials(text).has_value()) << text;
  }
  for (const std::string month : {"2018-13", "1009-01", "9999-12", "2018_01"}) {
    std::string wrong = whole;
    wrong.replace(wrong.find("2018-01"), month.size(), month);
    const auto read = ParseIotCredentials(wrong);
    ASSERT_FALSE(read.has_value()) << month;
    EXPECT_THAT(read.error().message(), HasSubstr("expiration"));
    EXPECT_THAT(read.error().message(), Not(HasSubstr("sec/ret")));
  }
}

TEST(CredentialsTest, TheIotProviderNeedsTls) {
  const auto made = IotCredentials({.url = "http://host/credentials",
                                    .thing_name = {},
                                    .ca_file = {},
                                    .certificate_file = {},
                                    .key_file = {}});

  ASSERT_FALSE(made.has_value());
  EXPECT_THAT(made.error().message(), HasSubstr("https"));
}

}  // namespace
}  // namespace skerry::aws
