// Any bytes are read as .npy and as .npz; what is read as .npy is written and
// read again, and must be the same.

#include <cstddef>
#include <cstdint>
#include <span>

#include "skerry/base/check.h"
#include "skerry/media/npy.h"
#include "skerry/media/npz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  const std::span bytes(reinterpret_cast<const std::byte*>(data), size);
  if (const auto tensor = skerry::media::ReadNpy(bytes)) {
    const auto again = skerry::media::ReadNpy(
        skerry::media::WriteNpy(tensor->type(), tensor->bytes()));
    SKERRY_CHECK(again && *again == *tensor);
  }
  constexpr std::uint64_t kBytesMax = 16 << 20;
  (void)skerry::media::ReadNpz(bytes, kBytesMax);
  return 0;
}
