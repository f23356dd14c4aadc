#include "skerry/agent/rest/tls.h"

#include <openssl/ssl.h>

#include <string>

#include "skerry/platform/errno_error.h"

namespace skerry::agent {
namespace {

namespace ssl = boost::asio::ssl;
using boost::system::error_code;

Result<void> Check(error_code error, std::string_view what,
                   const std::string& file) {
  if (!error) {
    return {};
  }
  return InvalidArgument("TLS " + std::string(what) + " " +
                         platform::Quoted(file) + ": " + error.message());
}

}  // namespace

Result<std::unique_ptr<ssl::context>> MakeTlsContext(
    const TlsOptions& options) {
  if (options.key_file.empty() || options.client_ca_file.empty()) {
    return InvalidArgument(
        "TLS wants a key file and a file of the clients' authority beside "
        "the certificate");
  }
  auto context = std::make_unique<ssl::context>(ssl::context::tls_server);
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  SSL_CTX_set_mode(context->native_handle(), SSL_MODE_RELEASE_BUFFERS);
  error_code error;
  (void)context->use_certificate_chain_file(options.certificate_file, error);
  SKERRY_RETURN_IF_ERROR(Check(error, "certificate", options.certificate_file));
  (void)context->use_private_key_file(options.key_file, ssl::context::pem,
                                      error);
  SKERRY_RETURN_IF_ERROR(Check(error, "key", options.key_file));
  (void)context->load_verify_file(options.client_ca_file, error);
  SKERRY_RETURN_IF_ERROR(Check(error, "authority", options.client_ca_file));
  (void)context->set_verify_mode(
      ssl::verify_peer | ssl::verify_fail_if_no_peer_cert, error);
  SKERRY_RETURN_IF_ERROR(Check(error, "authority", options.client_ca_file));
  // Clients resume sessions only with a context of their own name.
  static constexpr unsigned char kContextName[] = "skerry-agent";
  SSL_CTX_set_session_id_context(context->native_handle(), kContextName,
                                 sizeof(kContextName) - 1);
  return context;
}

}  // namespace skerry::agent
