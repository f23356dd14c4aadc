#pragma once

#include <memory>
#include <string>

#include "skerry/cloud/identity/authorization.h"
#include "skerry/cloud/identity/identity.h"

namespace skerry::cloud {

/// Readers of bodies that are not chunked.

/// Takes everything: UNSIGNED-PAYLOAD.
std::unique_ptr<PayloadReader> NewOpenReader();

/// Wants the body's SHA-256 to be `hash`, which is signed.
std::unique_ptr<PayloadReader> NewHashedReader(std::string hash, bool s3);

/// A signature that can be checked once the body's SHA-256 is known.
struct DeferredSignature {
  std::string key;         ///< of the scope
  std::string canonical;   ///< the canonical request up to the hash
  Authorization expected;  ///< time, scope, signature
};

/// Checks the signature at the end.
std::unique_ptr<PayloadReader> NewDeferredReader(DeferredSignature signature);

/// Whether `authorization` has the signature of `canonical`, by `key`.
bool HasSignature(const Authorization& authorization, std::string_view key,
                  std::string_view canonical);

}  // namespace skerry::cloud
