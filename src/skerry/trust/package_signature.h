#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "skerry/base/result.h"

namespace skerry::trust {

/// Whose signatures on packages count: the public keys in a folder.
///
/// Thread safety: immutable.
class TrustRoots {
 public:
  /// Reads each `*.pem` of `folder`: a certificate (X.509) or a public key,
  /// Ed25519 or RSA of at least 2048 bits.
  ///
  /// Errors: kNotFound without such a file; kFailedPrecondition if a file has
  /// any write or execute permission (`chmod 400` mends it);
  /// kInvalidArgument names the file that is no key.
  static Result<std::shared_ptr<const TrustRoots>> Load(
      const std::string& folder);

  virtual ~TrustRoots() = default;

  /// Whether one of the keys made `signature` over `content`. `algorithm` is
  /// "ed25519" or "rsa-pkcs1-sha256". kPermissionDenied if none did.
  virtual Result<void> Verify(std::string_view algorithm,
                              std::span<const std::byte> content,
                              std::span<const std::byte> signature) const = 0;
};

/// A private key that signs packages.
class SigningKey {
 public:
  /// Reads a PEM file (PKCS #8): Ed25519, or RSA of at least 2048 bits.
  static Result<std::unique_ptr<SigningKey>> Load(const std::string& path);

  virtual ~SigningKey() = default;
  virtual std::string_view algorithm() const = 0;
  /// Tells keys apart: the SHA-256 of the public key, in hexadecimal.
  virtual std::string key_id() const = 0;
  virtual Result<std::vector<std::byte>> Sign(
      std::span<const std::byte> content) const = 0;
};

/// The SHA-256 of `content`, in lower-case hexadecimal.
std::string Sha256Hex(std::span<const std::byte> content);

}  // namespace skerry::trust
