#include "skerry/cloud/identity/vault.h"

#include <openssl/evp.h>

#include <memory>
#include <optional>
#include <span>

#include "skerry/aws/digest.h"
#include "skerry/base/check.h"
#include "skerry/platform/random.h"

namespace skerry::cloud {
namespace {

// "1:" and, in hexadecimal, nonce, ciphertext and tag.
constexpr std::string_view kVersion = "1:";
constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kTagBytes = 16;

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const {
    EVP_CIPHER_CTX_free(context);
  }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* Bytes(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

int Digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

std::optional<std::string> FromHex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = Digit(text[i]);
    const int low = Digit(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes += static_cast<char>(high * 16 + low);
  }
  return bytes;
}

Error CannotOpen() {
  return FailedPrecondition(
      "a secret in the database does not open with this vault key");
}

}  // namespace

Result<Vault> Vault::Create(std::string key) {
  if (key.size() != kKeyBytes) {
    return InvalidArgument("vault key: want 32 bytes, got " +
                           std::to_string(key.size()));
  }
  return Vault(std::move(key));
}

std::string Vault::Seal(std::string_view secret, std::string_view owner) const {
  std::string nonce(kNonceBytes, '\0');
  platform::FillRandom(std::as_writable_bytes(std::span(nonce)));
  std::string sealed(secret.size(), '\0');
  std::string tag(kTagBytes, '\0');
  const Context context(EVP_CIPHER_CTX_new());
  int count = 0;
  SKERRY_CHECK(context != nullptr);
  SKERRY_CHECK(EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr,
                                  Bytes(key_), Bytes(nonce)) == 1);
  SKERRY_CHECK(EVP_EncryptUpdate(context.get(), nullptr, &count, Bytes(owner),
                                 static_cast<int>(owner.size())) == 1);
  SKERRY_CHECK(EVP_EncryptUpdate(context.get(), Bytes(sealed), &count,
                                 Bytes(secret),
                                 static_cast<int>(secret.size())) == 1);
  SKERRY_CHECK(EVP_EncryptFinal_ex(context.get(), nullptr, &count) == 1);
  SKERRY_CHECK(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG,
                                   kTagBytes, Bytes(tag)) == 1);
  return std::string(kVersion).append(aws::Hex(nonce + sealed + tag));
}

Result<std::string> Vault::Open(std::string_view text,
                                std::string_view owner) const {
  if (!text.starts_with(kVersion)) return CannotOpen();
  const auto bytes = FromHex(text.substr(kVersion.size()));
  if (!bytes || bytes->size() < kNonceBytes + kTagBytes) return CannotOpen();
  const std::string_view all = *bytes;
  const std::string_view nonce = all.substr(0, kNonceBytes);
  const std::string_view sealed =
      all.substr(kNonceBytes, all.size() - kNonceBytes - kTagBytes);
  std::string tag(all.substr(all.size() - kTagBytes));
  std::string secret(sealed.size(), '\0');

  const Context context(EVP_CIPHER_CTX_new());
  int count = 0;
  SKERRY_CHECK(context != nullptr);
  SKERRY_CHECK(EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr,
                                  Bytes(key_), Bytes(nonce)) == 1);
  SKERRY_CHECK(EVP_DecryptUpdate(context.get(), nullptr, &count, Bytes(owner),
                                 static_cast<int>(owner.size())) == 1);
  SKERRY_CHECK(EVP_DecryptUpdate(context.get(), Bytes(secret), &count,
                                 Bytes(sealed),
                                 static_cast<int>(sealed.size())) == 1);
  SKERRY_CHECK(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG,
                                   kTagBytes, Bytes(tag)) == 1);
  if (EVP_DecryptFinal_ex(context.get(), nullptr, &count) != 1) {
    return CannotOpen();
  }
  return secret;
}

}  // namespace skerry::cloud
