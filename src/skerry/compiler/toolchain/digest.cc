#include "skerry/compiler/toolchain/digest.h"

#include <openssl/evp.h>

#include <array>

#include "skerry/base/check.h"

namespace skerry::compiler {

std::string Digest(std::span<const std::byte> bytes) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  SKERRY_CHECK(EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size,
                          EVP_sha256(), nullptr) == 1);
  std::string text = "sha256:";
  for (unsigned i = 0; i < size; ++i) {
    text += kDigits[digest[i] >> 4U];
    text += kDigits[digest[i] & 15U];
  }
  return text;
}

}  // namespace skerry::compiler
