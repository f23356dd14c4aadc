#include "skerry/aws/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <cstddef>
#include <limits>

#include "skerry/base/check.h"

namespace skerry::aws {
namespace {

constexpr std::size_t kSha256Bytes = 32;
constexpr std::size_t kSha1Bytes = 20;

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* Bytes(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

std::string Hmac(const EVP_MD* algorithm, std::size_t digest_bytes,
                 std::string_view key, std::string_view bytes) {
  // Keys are ours and short; a null pointer would mean the last call's key.
  SKERRY_CHECK(key.size() <= std::numeric_limits<int>::max());
  std::string digest(digest_bytes, '\0');
  const char* const start = key.empty() ? "" : key.data();
  SKERRY_CHECK(HMAC(algorithm, start, static_cast<int>(key.size()),
                    Bytes(bytes), bytes.size(), Bytes(digest),
                    nullptr) != nullptr);
  return digest;
}

}  // namespace

std::string Sha256(std::string_view bytes) {
  std::string digest(kSha256Bytes, '\0');
  SKERRY_CHECK(EVP_Digest(bytes.data(), bytes.size(), Bytes(digest), nullptr,
                          EVP_sha256(), nullptr) == 1);
  return digest;
}

std::string HmacSha256(std::string_view key, std::string_view bytes) {
  return Hmac(EVP_sha256(), kSha256Bytes, key, bytes);
}

std::string HmacSha1(std::string_view key, std::string_view bytes) {
  return Hmac(EVP_sha1(), kSha1Bytes, key, bytes);
}

std::string Hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const char byte : bytes) {
    const auto value = static_cast<unsigned char>(byte);
    text += kDigits[value >> 4U];
    text += kDigits[value & 15U];
  }
  return text;
}

std::string EncodeBase64(std::string_view bytes) {
  // In parts, since OpenSSL counts in int; a multiple of 3 needs no padding.
  constexpr std::size_t kPartBytes = std::size_t{3} << 20;
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4 + 1);
  while (!bytes.empty()) {
    const std::string_view part = bytes.substr(0, kPartBytes);
    const std::size_t used = text.size();
    // OpenSSL ends its output with a zero.
    text.resize(used + (part.size() + 2) / 3 * 4 + 1);
    const int count = EVP_EncodeBlock(Bytes(text) + used, Bytes(part),
                                      static_cast<int>(part.size()));
    text.resize(used + static_cast<std::size_t>(count));
    bytes.remove_prefix(part.size());
  }
  return text;
}

bool EqualSecrets(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace skerry::aws
