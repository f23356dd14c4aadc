#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <string>

#include "skerry/base/result.h"
#include "skerry/http/client.h"

namespace skerry::http {

/// A context for TLS 1.2 and later that trusts the given or the system's CAs,
/// and shows the given certificate. Errors: kNotFound and kInvalidArgument
/// name the file.
Result<std::shared_ptr<boost::asio::ssl::context>> MakeTlsContext(
    const ClientOptions& options);

/// Makes `session` ask for the server `host` and accept no other.
Result<void> ExpectHost(SSL* session, const std::string& host);

/// Why the handshake of `session` does not trust the server, or empty.
std::string DistrustOf(SSL* session);

}  // namespace skerry::http
