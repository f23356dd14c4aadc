#include "skerry/agent/serving/split.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

#include "skerry/base/check.h"

namespace skerry::agent {

int SplitBucket(std::string_view salt, std::string_view unit) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest = {};
  unsigned int length = 0;
  const unsigned char* const made =
      HMAC(EVP_sha256(), salt.data(), static_cast<int>(salt.size()),
           reinterpret_cast<const unsigned char*>(unit.data()), unit.size(),
           digest.data(), &length);
  SKERRY_CHECK(made != nullptr && length >= sizeof(std::uint64_t));
  constexpr int kBitsPerByte = 8;
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < sizeof number; ++i) {
    number = number << kBitsPerByte | digest[i];
  }
  return static_cast<int>(number % static_cast<std::uint64_t>(kShareTotal));
}

std::size_t ArmOf(const Split& split, std::string_view unit) {
  if (unit.empty()) return 0;
  int rest = SplitBucket(split.salt, unit);
  for (std::size_t i = 0; i < split.arms.size(); ++i) {
    rest -= split.arms[i].share;
    if (rest < 0) return i;
  }
  return 0;
}

Result<void> CheckSplit(const Split& split) {
  std::int64_t total = 0;
  for (std::size_t i = 0; i < split.arms.size(); ++i) {
    const Split::Arm& arm = split.arms[i];
    if (arm.share < 0 || arm.share > kShareTotal) {
      return InvalidArgument("the share of version '" + arm.version + "' is " +
                             std::to_string(arm.share) + ", want 0 to 10000");
    }
    total += arm.share;
    for (std::size_t before = 0; before < i; ++before) {
      if (split.arms[before].version != arm.version) continue;
      return InvalidArgument("the split has version '" + arm.version +
                             "' twice");
    }
    if (arm.version == split.shadow) {
      return InvalidArgument("version '" + arm.version +
                             "' is both an arm and the shadow");
    }
  }
  if (total != kShareTotal) {
    return InvalidArgument("the shares of the split make " +
                           std::to_string(total) + ", want 10000");
  }
  return {};
}

}  // namespace skerry::agent
