#pragma once

#include <chrono>

#include "skerry/cloud/identity/authorization.h"
#include "skerry/cloud/identity/identity.h"

namespace skerry::cloud {

/// The key, with its secret, that `authorization` names, if it is active, has
/// not ended at `now`, and has the session token. Errors as `VerifyRequest`.
ApiResult<AccessKey> FindSigner(const Authorization& authorization,
                                AccessKeys& keys,
                                std::chrono::system_clock::time_point now);

}  // namespace skerry::cloud
