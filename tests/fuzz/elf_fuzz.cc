// The check that stands between a model's image and the dynamic loader.
#include <cstddef>
#include <cstdint>
#include <span>

#include "skerry/base/check.h"
#include "skerry/runtime/elf.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  const auto image = std::as_bytes(std::span(data, size));
  const bool x86 = skerry::runtime::CheckElf(image, "x86_64").has_value();
  const bool arm = skerry::runtime::CheckElf(image, "aarch64").has_value();
  SKERRY_CHECK(!x86 || !arm);
  return 0;
}
