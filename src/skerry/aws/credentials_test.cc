#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <string>

#include "skerry/aws/iot_credentials.h"

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
