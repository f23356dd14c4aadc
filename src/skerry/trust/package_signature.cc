#include "skerry/trust/package_signature.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <iterator>
#include <utility>

#include "skerry/base/check.h"
#include "skerry/platform/errno_error.h"
#include "skerry/platform/file.h"
#include "skerry/trust/key.h"

namespace skerry::trust {
namespace {

namespace fs = std::filesystem;
using platform::Quoted;

class TrustRootsImpl final : public TrustRoots {
 public:
  explicit TrustRootsImpl(std::vector<Key> keys) : keys_(std::move(keys)) {}

  Result<void> Verify(std::string_view algorithm,
                      std::span<const std::byte> content,
                      std::span<const std::byte> signature) const override {
    if (algorithm != kEd25519 && algorithm != kRsaSha256) {
      return PermissionDenied("there is no signature algorithm " +
                              Quoted(algorithm) + "; there are " +
                              std::string(kEd25519) + " and " +
                              std::string(kRsaSha256));
    }
    for (const Key& key : keys_) {
      if (key.algorithm() == algorithm && key.Verify(content, signature)) {
        return {};
      }
    }
    return PermissionDenied("the signature is of none of the " +
                            std::to_string(keys_.size()) + " trusted keys");
  }

 private:
  std::vector<Key> keys_;
};

class SigningKeyImpl final : public SigningKey {
 public:
  explicit SigningKeyImpl(Key key) : key_(std::move(key)) {}

  std::string_view algorithm() const override { return key_.algorithm(); }
  std::string key_id() const override { return key_.id(); }
  Result<std::vector<std::byte>> Sign(
      std::span<const std::byte> content) const override {
    return key_.Sign(content);
  }

 private:
  Key key_;
};

// The `*.pem` of `folder`, sorted.
Result<std::vector<std::string>> PemFiles(const std::string& folder) {
  std::error_code fault;
  std::vector<std::string> paths;
  // Stepping may fail too, so no range-for.
  for (fs::directory_iterator entry(folder, fault), end; !fault && entry != end;
       entry.increment(fault)) {
    if (entry->path().extension() == ".pem") paths.push_back(entry->path());
  }
  if (fault) return platform::ErrnoError(fault.value(), Quoted(folder));
  std::ranges::sort(paths);
  return paths;
}

// A file that others, or a fault, could change is no root of trust.
Result<void> CheckPermissions(const std::string& path) {
  std::error_code fault;
  const fs::file_status status = fs::status(path, fault);
  if (fault) return platform::ErrnoError(fault.value(), Quoted(path));
  if (status.type() != fs::file_type::regular) {
    return FailedPrecondition(Quoted(path) + " is no regular file");
  }
  constexpr unsigned kForbidden = 0333;
  if ((static_cast<unsigned>(status.permissions()) & kForbidden) != 0) {
    return FailedPrecondition(
        Quoted(path) +
        " may be written or executed; take that away: chmod 400 " + path);
  }
  return {};
}

Result<void> ReadRoots(const std::string& path, std::vector<Key>& keys) {
  SKERRY_RETURN_IF_ERROR(CheckPermissions(path));
  SKERRY_ASSIGN_OR_RETURN(const std::string pem,
                          platform::ReadTextFile(path, kKeyFileBytesMax));
  Result<std::vector<Key>> found = ParsePublicKeys(pem);
  if (!found) return found.error().WithContext(Quoted(path));
  std::ranges::move(*found, std::back_inserter(keys));
  if (keys.size() > kTrustRootCountMax) {
    return ResourceExhausted("more than " + std::to_string(kTrustRootCountMax) +
                             " trusted keys, the limit, at " + Quoted(path));
  }
  return {};
}

}  // namespace

Result<std::shared_ptr<const TrustRoots>> TrustRoots::Load(
    const std::string& folder) {
  SKERRY_ASSIGN_OR_RETURN(const std::vector<std::string> paths,
                          PemFiles(folder));
  if (paths.empty()) {
    return NotFound("there is no trusted key ('*.pem') in " + Quoted(folder));
  }
  std::vector<Key> keys;
  for (const std::string& path : paths) {
    SKERRY_RETURN_IF_ERROR(ReadRoots(path, keys));
  }
  return std::make_shared<const TrustRootsImpl>(std::move(keys));
}

Result<std::unique_ptr<SigningKey>> SigningKey::Load(const std::string& path) {
  SKERRY_ASSIGN_OR_RETURN(std::string pem,
                          platform::ReadTextFile(path, kKeyFileBytesMax));
  Result<Key> key = ParsePrivateKey(pem);
  OPENSSL_cleanse(pem.data(), pem.size());
  if (!key) return key.error().WithContext(Quoted(path));
  return std::make_unique<SigningKeyImpl>(*std::move(key));
}

std::string Sha256Hex(std::span<const std::byte> content) {
  std::array<unsigned char, 32> digest{};
  unsigned int bytes = 0;
  SKERRY_CHECK(EVP_Digest(content.data(), content.size(), digest.data(), &bytes,
                          EVP_sha256(), nullptr) == 1 &&
               bytes == digest.size());
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : digest) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

}  // namespace skerry::trust
