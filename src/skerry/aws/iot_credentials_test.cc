#include "skerry/aws/iot_credentials.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <ctime>
#include <string>

#include "skerry/http/http_test_certificates.h"
#include "skerry/http/http_test_server.h"

namespace skerry::aws {
namespace {

using http::TestServer;
using testing::HasSubstr;

// A credential provider that knows one thing, over mutual TLS.
class IotCredentialsTest : public testing::Test {
 protected:
  // The server starts with it.
  TestServer::Tls ServerTls() {
    certificates_.Issue("server", "DNS:localhost");
    certificates_.Issue("device", "DNS:device");
    return {.certificate_file = certificates_.certificate_file("server"),
            .key_file = certificates_.key_file("server"),
            .client_ca_file = certificates_.ca_file()};
  }

  TestServer::Reply Answer(const TestServer::Request& request) {
    const int serial = ++request_count_;
    if (status_ != "200 OK") return TestServer::Text(status_, "{}");
    if (request.target != "/role-aliases/alias/credentials" ||
        request.header("x-amzn-iot-thingname") != "thing") {
      return TestServer::Text("404 Not Found", "{}");
    }
    const std::time_t end = std::time(nullptr) + lifetime_.count();
    std::tm parts{};
    gmtime_r(&end, &parts);
    std::array<char, 32> time{};
    std::strftime(time.data(), time.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
    return TestServer::Text(
        "200 OK", R"({"credentials":{"accessKeyId":"id)" +
                      std::to_string(serial) +
                      R"(","secretAccessKey":"s","sessionToken":"t",)" +
                      R"("expiration":")" + time.data() + "\"}}");
  }

  CredentialsProvider Provider(const std::string& thing = "thing") {
    return IotCredentials(
               {.url = "https://localhost:" + std::to_string(server_.port()) +
                       "/role-aliases/alias/credentials",
                .thing_name = thing,
                .ca_file = certificates_.ca_file(),
                .certificate_file = certificates_.certificate_file("device"),
                .key_file = certificates_.key_file("device")})
        .value();
  }

  http::TestCertificates certificates_;
  std::string status_ = "200 OK";
  std::chrono::seconds lifetime_{3600};
  std::atomic<int> request_count_ = 0;
  TestServer server_{[this](const auto& request) { return Answer(request); },
                     ServerTls()};
};

TEST_F(IotCredentialsTest, TheDeviceGetsThemByItsCertificateAndKeepsThem) {
  const auto provider = Provider();

  const auto first = provider();
  const auto second = provider();

  ASSERT_TRUE(first.has_value()) << first.error().message();
  EXPECT_EQ(first->access_key_id, "id1");
  EXPECT_EQ(first->session_token, "t");
  EXPECT_EQ(second->access_key_id, "id1");
  EXPECT_EQ(request_count_, 1);
}

TEST_F(IotCredentialsTest, ThoseThatSoonEndAreRenewed) {
  lifetime_ = std::chrono::seconds(240);
  const auto provider = Provider();

  EXPECT_EQ(provider()->access_key_id, "id1");
  EXPECT_EQ(provider()->access_key_id, "id2");
}

TEST_F(IotCredentialsTest, TheOldOnesServeUntilTheirEndIfThereAreNoNewOnes) {
  lifetime_ = std::chrono::seconds(240);
  const auto provider = Provider();
  EXPECT_EQ(provider()->access_key_id, "id1");

  status_ = "503 Service Unavailable";

  EXPECT_EQ(provider()->access_key_id, "id1");
  EXPECT_EQ(request_count_, 2);
}

TEST_F(IotCredentialsTest, ARefusalSaysWhatToCheck) {
  const auto read = Provider("another")();

  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().code(), ErrorCode::kPermissionDenied);
  EXPECT_THAT(read.error().message(), HasSubstr("404"));
  EXPECT_THAT(read.error().message(), HasSubstr("thing name"));
}

TEST_F(IotCredentialsTest, AnUnhealthyProviderIsWorthAnotherTry) {
  status_ = "503 Service Unavailable";

  const auto read = Provider()();

  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().code(), ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace skerry::aws
