#pragma once

#include <grpcpp/security/server_credentials.h>

#include <memory>
#include <string>

#include "skerry/agent/tls_options.h"
#include "skerry/base/result.h"

namespace skerry::agent {

/// What a TCP listener on `address` asks of its clients: a certificate that
/// the client CA vouches for. Without TLS files only loopback addresses are
/// served, in plain text.
///
/// Errors: kInvalidArgument; those of reading the files.
Result<std::shared_ptr<grpc::ServerCredentials>> ListenerCredentials(
    const std::string& address, const TlsOptions& tls);

}  // namespace skerry::agent
