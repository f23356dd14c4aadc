#include "skerry/model/container.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "skerry/model/abi.h"
#include "skerry/model/crc32c.h"

namespace skerry {
namespace {

static_assert(std::endian::native == std::endian::little,
              "the footer is read and written in the host's order");

constexpr std::uint32_t kContainerVersion = 1;
constexpr std::array<char, 8> kMagic = {'S', 'K', 'E', 'R', 'R', 'Y', 'M', 'D'};

struct Footer {
  std::uint64_t elf_bytes;
  std::uint64_t manifest_bytes;
  std::uint32_t version;
  std::uint32_t checksum;  // of all bytes of the file before it
  std::array<char, 8> magic;
};
static_assert(sizeof(Footer) == 32);

constexpr std::size_t kBytesAfterChecked =
    sizeof(Footer) - offsetof(Footer, checksum);

// A file without a footer: a piece of a compiled model, or something else?
// A model has few dynamic symbols, so the names lie near the start, where
// programs that merely know of the entry point do not have it.
Error NoFooter(std::span<const std::byte> file) {
  constexpr std::string_view kElfMagic = "\177ELF";
  constexpr std::size_t kNamesBytesMax = 4096;
  const std::string_view start(reinterpret_cast<const char*>(file.data()),
                               std::min(file.size(), kNamesBytesMax));
  if (start.starts_with(kElfMagic) &&
      start.contains(std::string_view(SKERRY_MODEL_RUN_SYMBOL))) {
    return DataLoss("compiled model is truncated: its footer is missing");
  }
  return InvalidArgument("not a model compiled by skerry: it has no footer");
}

Result<Footer> ReadFooter(std::span<const std::byte> file) {
  if (file.size() < sizeof(Footer)) return NoFooter(file);
  Footer footer;
  std::memcpy(&footer, file.data() + file.size() - sizeof footer,
              sizeof footer);
  if (footer.magic != kMagic) return NoFooter(file);
  if (footer.version != kContainerVersion) {
    return FailedPrecondition(
        "model file format is version " + std::to_string(footer.version) +
        ", this program reads " + std::to_string(kContainerVersion));
  }
  const std::size_t content_bytes = file.size() - sizeof footer;
  if (footer.elf_bytes > content_bytes ||
      footer.manifest_bytes != content_bytes - footer.elf_bytes) {
    return DataLoss("compiled model is damaged: the footer tells of " +
                    std::to_string(footer.elf_bytes) + " + " +
                    std::to_string(footer.manifest_bytes) +
                    " bytes, the file holds " + std::to_string(content_bytes));
  }
  return footer;
}

void Append(std::vector<std::byte>& file, std::span<const std::byte> bytes) {
  file.insert(file.end(), bytes.begin(), bytes.end());
}

}  // namespace

std::vector<std::byte> WriteContainer(std::span<const std::byte> elf,
                                      const Manifest& manifest) {
  const std::string text = PrintManifest(manifest);
  Footer footer{elf.size(), text.size(), kContainerVersion, 0, kMagic};

  std::vector<std::byte> file;
  file.reserve(elf.size() + text.size() + sizeof footer);
  Append(file, elf);
  Append(file, std::as_bytes(std::span(text)));
  const auto footer_bytes = std::as_bytes(std::span(&footer, 1));
  Append(file, footer_bytes.first(offsetof(Footer, checksum)));
  footer.checksum = Crc32c(file);
  Append(file, footer_bytes.last(kBytesAfterChecked));
  return file;
}

Result<Container> ReadContainer(std::span<const std::byte> file) {
  SKERRY_ASSIGN_OR_RETURN(const Footer footer, ReadFooter(file));
  if (Crc32c(file.first(file.size() - kBytesAfterChecked)) != footer.checksum) {
    return DataLoss("compiled model is damaged: its checksum does not match");
  }
  const std::span<const std::byte> text =
      file.subspan(footer.elf_bytes, footer.manifest_bytes);
  SKERRY_ASSIGN_OR_RETURN(
      Manifest manifest,
      ParseManifest({reinterpret_cast<const char*>(text.data()), text.size()}));
  return Container{footer.elf_bytes, std::move(manifest)};
}

}  // namespace skerry
