// The readers of a compiled model's file. Each input is taken three times: as
// a whole file, as a whole file whose checksum is made to fit (no fuzzer finds
// one by itself), and as a manifest's text.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "skerry/base/check.h"
#include "skerry/model/container.h"
#include "skerry/model/crc32c.h"
#include "skerry/model/manifest.h"

namespace skerry {
namespace {

// The footer ends in a checksum and eight bytes of magic.
constexpr std::size_t kBytesAfterChecked = 12;

void TryFile(std::span<const std::byte> file) {
  const Result<Container> container = ReadContainer(file);
  if (!container) return;
  SKERRY_CHECK(container->elf_bytes < file.size());
  const std::vector<std::byte> again =
      WriteContainer(file.first(container->elf_bytes), container->manifest);
  SKERRY_CHECK(std::ranges::equal(again, file));
}

void TryRepairedFile(std::span<const std::byte> file) {
  if (file.size() < kBytesAfterChecked) return;
  std::vector<std::byte> repaired(file.begin(), file.end());
  const std::size_t checked = file.size() - kBytesAfterChecked;
  const std::uint32_t checksum = Crc32c(file.first(checked));
  std::memcpy(repaired.data() + checked, &checksum, sizeof checksum);
  TryFile(repaired);
}

void TryText(std::string_view text) {
  const Result<Manifest> manifest = ParseManifest(text);
  if (manifest) SKERRY_CHECK(PrintManifest(*manifest) == text);
}

}  // namespace
}  // namespace skerry

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  skerry::TryFile(bytes);
  skerry::TryRepairedFile(bytes);
  skerry::TryText({reinterpret_cast<const char*>(data), size});
  return 0;
}
