#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "skerry/http/client.h"
#include "skerry/http/http_test_certificates.h"
#include "skerry/http/http_test_server.h"
#include "skerry/platform/file.h"

namespace skerry::http {
namespace {

using ::testing::HasSubstr;

class ClientTlsTest : public ::testing::Test {
 protected:
  ClientTlsTest() {
    certificates_.Issue("server", "DNS:localhost,IP:127.0.0.1");
    certificates_.Issue("device", "DNS:device");
  }

  static TestServer::Reply Answer(const TestServer::Request& request) {
    return TestServer::Text("200 OK", "hello " + request.body);
  }

  TestServer::Tls ServerTls(const std::string& name) const {
    return {.certificate_file = certificates_.certificate_file(name),
            .key_file = certificates_.key_file(name),
            .client_ca_file = ""};
  }

  ClientOptions Trusting() const {
    return {.ca_file = certificates_.ca_file()};
  }

  ClientOptions Showing(const std::string& name) const {
    return {.ca_file = certificates_.ca_file(),
            .certificate_file = certificates_.certificate_file(name),
            .key_file = certificates_.key_file(name)};
  }

  static Result<Response> Send(const TestServer& server,
                               const ClientOptions& options,
                               const std::string& host = "localhost") {
    const auto url =
        ParseUrl("https://" + host + ":" + std::to_string(server.port()));
    SKERRY_ASSIGN_OR_RETURN(const auto client, Client::Create(*url, options));
    return client->Send({.method = "PUT", .target = "/", .body = "you"});
  }

  TestCertificates certificates_;
};

TEST_F(ClientTlsTest, AServerOfTheCaIsTrustedByNameAndByAddress) {
  const TestServer server(Answer, ServerTls("server"));

  for (const char* host : {"localhost", "127.0.0.1"}) {
    const auto response = Send(server, Trusting(), host);
    ASSERT_TRUE(response) << response.error().message();
    EXPECT_EQ(response->body, "hello you");
  }
}

TEST_F(ClientTlsTest, AConnectionIsKept) {
  TestServer server(Answer, ServerTls("server"));
  const auto url =
      ParseUrl("https://localhost:" + std::to_string(server.port()));
  const auto client = Client::Create(*url, Trusting()).value();

  for (int i = 0; i < 3; ++i) ASSERT_TRUE(client->Send({.target = "/"}));
  EXPECT_EQ(server.connection_count(), 1);

  server.CloseConnections();
  ASSERT_TRUE(client->Send({.target = "/"}));
  EXPECT_EQ(server.connection_count(), 2);
}

TEST_F(ClientTlsTest, AServerOfAnotherNameIsNotTrusted) {
  const TestServer server(Answer, ServerTls("device"));

  for (const char* host : {"localhost", "127.0.0.1"}) {
    const auto response = Send(server, Trusting(), host);
    EXPECT_EQ(response.error().code(), ErrorCode::kFailedPrecondition);
    EXPECT_THAT(response.error().message(), HasSubstr("mismatch"));
  }
}

TEST_F(ClientTlsTest, AServerOfAnotherCaIsNotTrusted) {
  const TestCertificates other;
  const TestServer server(Answer, ServerTls("server"));

  const auto stranger = Send(server, {.ca_file = other.ca_file()});
  const auto system = Send(server, {});

  for (const auto* response : {&stranger, &system}) {
    EXPECT_EQ(response->error().code(), ErrorCode::kFailedPrecondition);
    EXPECT_THAT(response->error().message(), HasSubstr("certificate"));
  }
}

TEST_F(ClientTlsTest, APlainServerIsNotTrusted) {
  const TestServer server(Answer);

  EXPECT_FALSE(Send(server, Trusting()));
}

TEST_F(ClientTlsTest, AServerMayAskForTheClientsCertificate) {
  TestServer::Tls tls = ServerTls("server");
  tls.client_ca_file = certificates_.ca_file();
  const TestServer server(Answer, tls);

  const auto known = Send(server, Showing("device"));
  const auto unknown = Send(server, Trusting());

  ASSERT_TRUE(known) << known.error().message();
  EXPECT_EQ(known->body, "hello you");
  EXPECT_FALSE(unknown);
}

TEST_F(ClientTlsTest, AHangingHandshakeEndsAtTheDeadline) {
  // A listener that nobody serves: the connection is made by the system.
  boost::asio::io_context events;
  boost::asio::ip::tcp::acceptor silent(
      events, {boost::asio::ip::address_v4::loopback(), 0});
  const auto url = ParseUrl("https://127.0.0.1:" +
                            std::to_string(silent.local_endpoint().port()));
  ClientOptions options = Trusting();
  options.timeout = std::chrono::milliseconds(50);
  const auto client = Client::Create(*url, options).value();

  EXPECT_EQ(client->Send({.target = "/"}).error().code(),
            ErrorCode::kDeadlineExceeded);
}

TEST_F(ClientTlsTest, TheFileThatIsWrongIsNamed) {
  const auto url = ParseUrl("https://localhost");
  const auto fault = [&url](const ClientOptions& options) {
    return Client::Create(*url, options).error();
  };
  ClientOptions crossed = Showing("device");
  crossed.key_file = certificates_.key_file("server");
  ClientOptions no_key = Showing("device");
  no_key.key_file = certificates_.certificate_file("device");

  EXPECT_EQ(fault({.ca_file = "missing.crt"}).code(), ErrorCode::kNotFound);
  EXPECT_THAT(fault({.ca_file = "missing.crt"}).message(),
              HasSubstr("missing.crt"));
  EXPECT_EQ(fault(crossed).code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(fault(crossed).message(), HasSubstr(crossed.key_file));
  EXPECT_EQ(fault(no_key).code(), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace skerry::http
