#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <filesystem>
#include <string>

#include "skerry/cloud/server/server_test_support.h"
#include "skerry/http/client.h"
#include "skerry/http/http_test_certificates.h"

namespace skerry::cloud {
namespace {

using testing::HasSubstr;

class CloudServerTlsTest : public testing::Test {
 protected:
  void SetUp() override {
    certificates_.Issue("server", "DNS:localhost,IP:127.0.0.1");
    certificates_.Issue("next", "DNS:localhost,IP:127.0.0.1,DNS:next");
  }

  void UseTls(ServerOptions& options) const {
    options.certificate_file = certificates_.certificate_file("server");
    options.key_file = certificates_.key_file("server");
  }

  std::unique_ptr<http::Client> Client(const TestCloudServer& cloud) const {
    const auto url = http::ParseUrl("https://127.0.0.1:" +
                                    std::to_string(cloud.server->port()));
    http::ClientOptions options;
    options.ca_file = certificates_.ca_file();
    options.response_bytes_max = std::size_t{64} << 20;
    return *http::Client::Create(*url, options);
  }

  http::TestCertificates certificates_;
};

TEST_F(CloudServerTlsTest, BodiesPassWholeBothWays) {
  TestCloudServer cloud([&](ServerOptions& options) { UseTls(options); });
  const std::string content = cloud.handler.WriteFile(std::size_t{5} << 20);
  const auto client = Client(cloud);
  const auto file = client->Send({.target = "/file"});
  ASSERT_TRUE(file) << file.error().message();
  EXPECT_EQ(file->body, content);
  const auto echo =
      client->Send({.method = "PUT", .target = "/echo", .body = content});
  ASSERT_TRUE(echo) << echo.error().message();
  EXPECT_EQ(echo->body, content);
}

TEST_F(CloudServerTlsTest, AReloadedCertificateIsForNewConnections) {
  TestCloudServer cloud([&](ServerOptions& options) { UseTls(options); });
  const auto before = Client(cloud);
  ASSERT_TRUE(before->Send({.target = "/x"}));
  const auto copy = std::filesystem::copy_options::overwrite_existing;
  std::filesystem::copy_file(certificates_.certificate_file("next"),
                             certificates_.certificate_file("server"), copy);
  // The key is still another's.
  const auto torn = cloud.server->ReloadCertificate();
  ASSERT_FALSE(torn);
  EXPECT_EQ(torn.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_TRUE(Client(cloud)->Send({.target = "/x"}));
  std::filesystem::copy_file(certificates_.key_file("next"),
                             certificates_.key_file("server"), copy);
  ASSERT_TRUE(cloud.server->ReloadCertificate());
  EXPECT_TRUE(before->Send({.target = "/x"}));
  EXPECT_TRUE(Client(cloud)->Send({.target = "/x"}));
}

TEST_F(CloudServerTlsTest, ClearTextIsNotAnswered) {
  TestCloudServer cloud([&](ServerOptions& options) { UseTls(options); });
  EXPECT_THAT(cloud.Exchange("GET /x HTTP/1.1\r\nHost: a\r\n\r\n"),
              testing::Not(HasSubstr("HTTP/1.1")));
}

TEST_F(CloudServerTlsTest, AHandshakeThatDoesNotComeEnds) {
  TestCloudServer cloud([&](ServerOptions& options) {
    UseTls(options);
    options.header_timeout = std::chrono::milliseconds(100);
  });
  RawClient client = cloud.Connect();
  EXPECT_EQ(client.ReadToEnd(), "");
}

TEST_F(CloudServerTlsTest, OldTlsIsRefused) {
  TestCloudServer cloud([&](ServerOptions& options) { UseTls(options); });
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(
      SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
  SSL_CTX_set_security_level(context.get(), 0);
  SSL_CTX_set_max_proto_version(context.get(), TLS1_1_VERSION);
  const std::unique_ptr<SSL, decltype(&SSL_free)> session(
      SSL_new(context.get()), &SSL_free);
  RawClient client = cloud.Connect();
  SSL_set_fd(session.get(), client.number());
  EXPECT_LE(SSL_connect(session.get()), 0);
}

TEST_F(CloudServerTlsTest, FilesThatAreUnfitAreNamed) {
  TestCloudServer cloud;
  ServerOptions options;
  options.address = "127.0.0.1:0";
  options.certificate_file = "/nowhere.crt";
  options.key_file = certificates_.key_file("server");
  auto made = Server::Create(options, cloud.handler, cloud.log, cloud.metrics);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code(), ErrorCode::kNotFound);
  EXPECT_THAT(made.error().message(), HasSubstr("/nowhere.crt"));
  options.certificate_file = certificates_.certificate_file("server");
  options.key_file = certificates_.key_file("next");
  made = Server::Create(options, cloud.handler, cloud.log, cloud.metrics);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code(), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace skerry::cloud
