#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>

#include "skerry/agent/tls_options.h"
#include "skerry/base/result.h"

namespace skerry::agent {

/// TLS 1.2 or newer with clients that must show a certificate.
///
/// Errors: kInvalidArgument names the file that is missing or unfit.
Result<std::unique_ptr<boost::asio::ssl::context>> MakeTlsContext(
    const TlsOptions& options);

}  // namespace skerry::agent
