#pragma once

#include <string>
#include <string_view>

#include "skerry/base/result.h"

namespace skerry::cloud {

/// Encrypts short secrets with AES-256-GCM for the database.
///
/// Thread safety: immutable.
class Vault {
 public:
  static constexpr std::size_t kKeyBytes = 32;

  /// kInvalidArgument unless `key` has 32 bytes.
  static Result<Vault> Create(std::string key);

  /// `secret` as text. `owner` says whose it is: the text opens for no other.
  std::string Seal(std::string_view secret, std::string_view owner) const;

  /// kFailedPrecondition if the text was not made by `Seal` with this key, for
  /// `owner`.
  Result<std::string> Open(std::string_view text, std::string_view owner) const;

 private:
  explicit Vault(std::string key) : key_(std::move(key)) {}

  std::string key_;
};

}  // namespace skerry::cloud
