#pragma once

#include <memory>

#include "skerry/cloud/identity/identity.h"
#include "skerry/cloud/server/message.h"

namespace skerry::cloud {

/// The Security Token Service, for the signing name "sts", as far as stock
/// clients need it: the query protocol's GetCallerIdentity, GetSessionToken
/// and AssumeRole.
///
/// A session has the rights of the key that asks for it, whatever role it
/// names: there are no other roles to take. `keys` outlives it.
std::unique_ptr<Handler> NewStsHandler(AccessKeys& keys);

}  // namespace skerry::cloud
