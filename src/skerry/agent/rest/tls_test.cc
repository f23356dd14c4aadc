#include "skerry/agent/rest/tls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <memory>
#include <string>

#include "skerry/agent/rest/rest_test_support.h"

namespace skerry::agent {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
using File = std::unique_ptr<FILE, decltype(&fclose)>;

struct Identity {
  Key key;
  Certificate certificate;
};

/// A certificate for `name`, signed by `issuer`, or by itself without.
Identity MakeIdentity(const std::string& name, const Identity* issuer) {
  Identity made{Key(EVP_EC_gen("P-256"), &EVP_PKEY_free),
                Certificate(X509_new(), &X509_free)};
  X509* certificate = made.certificate.get();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
  X509_set_pubkey(certificate, made.key.get());
  X509_NAME_add_entry_by_txt(
      X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
      reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(
      certificate,
      X509_get_subject_name(issuer == nullptr ? certificate
                                              : issuer->certificate.get()));
  if (issuer == nullptr) {
    X509_EXTENSION* authority = X509V3_EXT_conf_nid(
        nullptr, nullptr, NID_basic_constraints, "critical,CA:TRUE");
    X509_add_ext(certificate, authority, -1);
    X509_EXTENSION_free(authority);
  }
  X509_sign(certificate, issuer == nullptr ? made.key.get() : issuer->key.get(),
            EVP_sha256());
  return made;
}

class TlsTest : public testing::Test {
 protected:
  TlsTest() {
    Write("ca.pem", authority_);
    Write("agent.pem", agent_);
    Write("client.pem", client_);
    Write("stranger.pem", stranger_);
    files_ = {.certificate_file = folder_.Join("agent.pem"),
              .key_file = folder_.Join("agent.pem.key"),
              .client_ca_file = folder_.Join("ca.pem")};
  }

  void Write(const std::string& name, const Identity& identity) {
    const File certificate(fopen(folder_.Join(name).c_str(), "w"), &fclose);
    PEM_write_X509(certificate.get(), identity.certificate.get());
    const File key(fopen(folder_.Join(name + ".key").c_str(), "w"), &fclose);
    PEM_write_PrivateKey(key.get(), identity.key.get(), nullptr, nullptr, 0,
                         nullptr, nullptr);
  }

  /// What the server answers to a client that shows the certificate `name`
  /// (none if empty); empty if it does not.
  std::string Ask(int port, const std::string& name) {
    const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(
        SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
    const std::string authority = folder_.Join("ca.pem");
    SSL_CTX_load_verify_locations(context.get(), authority.c_str(), nullptr);
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    if (!name.empty()) {
      SSL_CTX_use_certificate_chain_file(context.get(),
                                         folder_.Join(name).c_str());
      SSL_CTX_use_PrivateKey_file(
          context.get(), folder_.Join(name + ".key").c_str(), SSL_FILETYPE_PEM);
    }
    RawClient client(port);
    const std::unique_ptr<SSL, decltype(&SSL_free)> tls(SSL_new(context.get()),
                                                        &SSL_free);
    SSL_set_fd(tls.get(), client.number());
    if (SSL_connect(tls.get()) != 1) {
      return "";
    }
    const std::string request =
        "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    SSL_write(tls.get(), request.data(), static_cast<int>(request.size()));
    std::string answer;
    char bytes[4096];
    int count = 0;
    while ((count = SSL_read(tls.get(), bytes, sizeof(bytes))) > 0) {
      answer.append(bytes, static_cast<std::size_t>(count));
    }
    return answer;
  }

  platform::TempDirectory folder_ = *platform::TempDirectory::Create("tls");
  Identity authority_ = MakeIdentity("authority", nullptr);
  Identity agent_ = MakeIdentity("agent", &authority_);
  Identity client_ = MakeIdentity("client", &authority_);
  Identity stranger_ = MakeIdentity("stranger", nullptr);
  TlsOptions files_;
};

TEST_F(TlsTest, OnlyClientsWithACertificateOfTheAuthorityAreServed) {
  RestServer agent([this](HttpServer::Options& options) {
    options.tcp_address = "127.0.0.1:0";
    options.tls = files_;
  });
  const int port = agent.server->tcp_port();
  ASSERT_GT(port, 0);
  EXPECT_THAT(Ask(port, "client.pem"), StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(Ask(port, "stranger.pem"), "");
  EXPECT_EQ(Ask(port, ""), "");
  RawClient plain(port);
  plain.Send("GET /healthz HTTP/1.1\r\n\r\n");
  EXPECT_THAT(plain.ReadToEnd(), testing::Not(HasSubstr("200")));
  EXPECT_THAT(Ask(port, "client.pem"), HasSubstr("ok\n"));
}

TEST_F(TlsTest, FilesThatDoNotFitAreNamed) {
  EXPECT_TRUE(MakeTlsContext(files_));
  TlsOptions lost = files_;
  lost.certificate_file = folder_.Join("none.pem");
  EXPECT_THAT(MakeTlsContext(lost).error().message(), HasSubstr("none.pem"));
  TlsOptions other_key = files_;
  other_key.key_file = folder_.Join("client.pem.key");
  EXPECT_THAT(MakeTlsContext(other_key).error().message(),
              HasSubstr("client.pem.key"));
  TlsOptions no_authority = files_;
  no_authority.client_ca_file.clear();
  EXPECT_THAT(MakeTlsContext(no_authority).error().message(),
              HasSubstr("authority"));
}

TEST(TcpTest, PlainTcpServesWithoutLocalRights) {
  RestServer agent([](HttpServer::Options& options) {
    options.tcp_address = "127.0.0.1:0";
  });
  RawClient client(agent.server->tcp_port());
  EXPECT_EQ(client.Call("GET", "/healthz")->status, 200);
  EXPECT_EQ(client
                .Call("POST", "/v2/systemsharedmemory/region/r/register",
                      R"({"key":"/x","byte_size":1})")
                ->status,
            403);
}

}  // namespace
}  // namespace skerry::agent
