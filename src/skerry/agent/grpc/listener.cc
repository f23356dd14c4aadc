#include "skerry/agent/grpc/listener.h"

#include <cstddef>
#include <string_view>

#include "skerry/platform/file.h"

namespace skerry::agent {
namespace {

constexpr std::size_t kPemBytesMax = std::size_t{1} << 20;

bool IsLoopback(std::string_view address) {
  const std::string_view host = address.substr(0, address.rfind(':'));
  return host == "localhost" || host == "[::1]" || host.starts_with("127.");
}

Result<std::string> ReadPem(const std::string& path, const char* what) {
  if (path.empty()) {
    return InvalidArgument(std::string("TLS needs a ") + what +
                           " too: clients must show a certificate, and the "
                           "agent its own");
  }
  return platform::ReadTextFile(path, kPemBytesMax);
}

}  // namespace

Result<std::shared_ptr<grpc::ServerCredentials>> ListenerCredentials(
    const std::string& address, const TlsOptions& tls) {
  if (tls.empty()) {
    if (IsLoopback(address)) return grpc::InsecureServerCredentials();
    return InvalidArgument(
        "gRPC address '" + address +
        "' can be reached from other machines: give certificate, key and "
        "client CA, or use a loopback address");
  }
  grpc::SslServerCredentialsOptions options(
      GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  grpc::SslServerCredentialsOptions::PemKeyCertPair pair;
  SKERRY_ASSIGN_OR_RETURN(pair.cert_chain,
                          ReadPem(tls.certificate_file, "certificate file"));
  SKERRY_ASSIGN_OR_RETURN(pair.private_key, ReadPem(tls.key_file, "key file"));
  SKERRY_ASSIGN_OR_RETURN(options.pem_root_certs,
                          ReadPem(tls.client_ca_file, "client CA file"));
  options.pem_key_cert_pairs.push_back(std::move(pair));
  return grpc::SslServerCredentials(options);
}

}  // namespace skerry::agent
