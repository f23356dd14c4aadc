#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "skerry/base/result.h"

namespace skerry::cloud {

using TlsContext = std::shared_ptr<SSL_CTX>;

/// TLS 1.2 or newer with a certificate (PEM, with its chain) and its key.
///
/// Errors: kNotFound and kPermissionDenied for a file that cannot be read,
/// kInvalidArgument for one that is unfit, or a key of another certificate.
Result<TlsContext> MakeTlsContext(const std::string& certificate_file,
                                  const std::string& key_file);

}  // namespace skerry::cloud
