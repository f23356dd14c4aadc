// Key files: any bytes are keys or get an error with a message, and a key
// that was read neither verifies nonsense nor stops the program.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "skerry/base/check.h"
#include "skerry/trust/key.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  namespace trust = skerry::trust;
  const std::string_view pem(reinterpret_cast<const char*>(data), size);
  const auto keys = trust::ParsePublicKeys(pem);
  SKERRY_CHECK(keys.has_value() || !keys.error().message().empty());
  if (keys) {
    SKERRY_CHECK(!keys->empty());
    for (const trust::Key& key : *keys) SKERRY_CHECK(!key.Verify({}, {}));
  }
  const auto secret = trust::ParsePrivateKey(pem);
  SKERRY_CHECK(secret.has_value() || !secret.error().message().empty());
  return 0;
}
