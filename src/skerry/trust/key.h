#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "skerry/base/result.h"

namespace skerry::trust {

/// Bytes of a PEM file, and public keys in one folder of roots.
inline constexpr std::size_t kKeyFileBytesMax = std::size_t{64} << 10;
inline constexpr std::size_t kTrustRootCountMax = 256;

/// The names of the signature algorithms in a package.
inline constexpr std::string_view kEd25519 = "ed25519";
inline constexpr std::string_view kRsaSha256 = "rsa-pkcs1-sha256";

/// A public or private key that signatures are checked or made with: Ed25519,
/// or RSA of at least 2048 bits.
///
/// Thread safety: immutable.
class Key {
 public:
  struct Deleter {
    void operator()(void* key) const;
  };
  using Handle = std::unique_ptr<void, Deleter>;

  /// "ed25519" or "rsa-pkcs1-sha256".
  std::string_view algorithm() const { return algorithm_; }

  /// The SHA-256 of its public half (SubjectPublicKeyInfo), in hexadecimal.
  std::string id() const;

  /// Whether this key made `signature` over `content`.
  bool Verify(std::span<const std::byte> content,
              std::span<const std::byte> signature) const;

  /// The signature over `content`; kInternal for a public key.
  Result<std::vector<std::byte>> Sign(std::span<const std::byte> content) const;

 private:
  friend Result<Key> MakeKey(Handle handle);
  Key(Handle handle, std::string_view algorithm)
      : handle_(std::move(handle)), algorithm_(algorithm) {}

  Handle handle_;
  std::string_view algorithm_;
};

/// The public keys in `pem`, which holds X.509 certificates and public keys
/// (SubjectPublicKeyInfo), at least one. A certificate is a key with a name:
/// its dates and who issued it do not matter here.
///
/// Errors: kInvalidArgument says what was found instead, such as a private
/// key, a damaged block, or a key of another kind.
Result<std::vector<Key>> ParsePublicKeys(std::string_view pem);

/// The one private key in `pem` (PKCS #8, not encrypted).
Result<Key> ParsePrivateKey(std::string_view pem);

}  // namespace skerry::trust
