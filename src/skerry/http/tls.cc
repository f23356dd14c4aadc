#include "skerry/http/tls.h"

#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <boost/asio/ip/address.hpp>
#include <exception>
#include <filesystem>

#include "skerry/platform/errno_error.h"
#include "skerry/platform/file.h"

namespace skerry::http {
namespace {

namespace ssl = boost::asio::ssl;
using boost::system::error_code;
using platform::Quoted;

// Where distributions keep the CAs, for an OpenSSL that was built elsewhere.
constexpr const char* kCaBundles[] = {
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
};

Result<void> CheckReadable(const std::string& path) {
  SKERRY_ASSIGN_OR_RETURN(const platform::FileDescriptor file,
                          platform::OpenForReading(path));
  return {};
}

Result<void> FaultOf(const std::string& path, const error_code& fault) {
  if (!fault) return {};
  return InvalidArgument(Quoted(path) + ": " + fault.message());
}

void TrustSystem(ssl::context& context) {
  error_code ignored;
  (void)context.set_default_verify_paths(ignored);
  std::error_code missing;
  if (std::filesystem::exists(X509_get_default_cert_dir(), missing)) return;
  for (const char* bundle : kCaBundles) {
    if (!std::filesystem::exists(bundle, missing)) continue;
    (void)context.load_verify_file(bundle, ignored);
    return;
  }
}

Result<void> LoadCas(ssl::context& context, const std::string& path) {
  if (path.empty()) {
    TrustSystem(context);
    return {};
  }
  SKERRY_RETURN_IF_ERROR(CheckReadable(path));
  error_code fault;
  (void)context.load_verify_file(path, fault);
  return FaultOf(path, fault);
}

Result<void> LoadOwnCertificate(ssl::context& context,
                                const ClientOptions& options) {
  if (options.certificate_file.empty() && options.key_file.empty()) return {};
  SKERRY_RETURN_IF_ERROR(CheckReadable(options.certificate_file));
  SKERRY_RETURN_IF_ERROR(CheckReadable(options.key_file));
  error_code fault;
  (void)context.use_certificate_chain_file(options.certificate_file, fault);
  SKERRY_RETURN_IF_ERROR(FaultOf(options.certificate_file, fault));
  // Refuses a key that does not belong to the certificate, too.
  (void)context.use_private_key_file(options.key_file, ssl::context::pem,
                                     fault);
  return FaultOf(options.key_file, fault);
}

}  // namespace

Result<std::shared_ptr<ssl::context>> MakeTlsContext(
    const ClientOptions& options) {
  try {
    auto context = std::make_shared<ssl::context>(ssl::context::tls_client);
    SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
    context->set_verify_mode(ssl::verify_peer);
    SKERRY_RETURN_IF_ERROR(LoadCas(*context, options.ca_file));
    SKERRY_RETURN_IF_ERROR(LoadOwnCertificate(*context, options));
    return context;
  } catch (const std::exception& fault) {
    return Internal("TLS cannot be set up: " + std::string(fault.what()));
  }
}

Result<void> ExpectHost(SSL* session, const std::string& host) {
  error_code no_address;
  boost::asio::ip::make_address(host, no_address);
  const bool named = static_cast<bool>(no_address);
  X509_VERIFY_PARAM* wanted = SSL_get0_param(session);
  X509_VERIFY_PARAM_set_hostflags(wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  // The name is told to the server too, which may have several.
  const bool done =
      named ? SSL_set1_host(session, host.c_str()) == 1 &&
                  SSL_set_tlsext_host_name(session, host.c_str()) == 1
            : X509_VERIFY_PARAM_set1_ip_asc(wanted, host.c_str()) == 1;
  if (!done) return Internal("TLS does not take the host " + Quoted(host));
  return {};
}

std::string DistrustOf(SSL* session) {
  const long verdict = SSL_get_verify_result(session);
  if (verdict == X509_V_OK) return "";
  return X509_verify_cert_error_string(verdict);
}

}  // namespace skerry::http
