#include "skerry/runtime/elf.h"

#include <elf.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>

namespace skerry::runtime {
namespace {

Error Bad(std::string_view what) {
  return DataLoss("not a shared object that a model can be: " +
                  std::string(what));
}

// The `T` at `offset`, copied since nothing promises its alignment.
template <class T>
Result<T> ReadAt(std::span<const std::byte> image, std::uint64_t offset) {
  static_assert(std::is_trivially_copyable_v<T>);
  if (offset > image.size() || sizeof(T) > image.size() - offset) {
    return Bad("its headers leave the file");
  }
  T value;
  std::memcpy(&value, image.data() + offset, sizeof value);
  return value;
}

Result<void> CheckHeader(const Elf64_Ehdr& header,
                         std::string_view architecture) {
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) {
    return Bad("it is no ELF file");
  }
  if (header.e_ident[EI_CLASS] != ELFCLASS64 ||
      header.e_ident[EI_DATA] != ELFDATA2LSB) {
    return Bad("it is not 64-bit little-endian");
  }
  if (header.e_type != ET_DYN) return Bad("it is of another ELF type");
  const unsigned machine = architecture == "x86_64" ? EM_X86_64 : EM_AARCH64;
  if (header.e_machine != machine) {
    return FailedPrecondition(
        "its code is for ELF machine " + std::to_string(header.e_machine) +
        ", its manifest says " + std::string(architecture));
  }
  if (header.e_phentsize != sizeof(Elf64_Phdr)) {
    return Bad("its program headers have another size");
  }
  return {};
}

Result<void> CheckDynamic(std::span<const std::byte> image,
                          const Elf64_Phdr& segment) {
  for (std::uint64_t at = 0; at < segment.p_filesz; at += sizeof(Elf64_Dyn)) {
    SKERRY_ASSIGN_OR_RETURN(const auto entry,
                            ReadAt<Elf64_Dyn>(image, segment.p_offset + at));
    switch (entry.d_tag) {
      case DT_NULL:
        return {};
      case DT_NEEDED:
        return Bad("it needs another library");
      case DT_INIT:
      case DT_INIT_ARRAY:
      case DT_PREINIT_ARRAY:
      case DT_FINI:
      case DT_FINI_ARRAY:
        return Bad("it runs code when it is loaded or unloaded");
      default:
        break;
    }
  }
  return Bad("its dynamic section has no end");
}

Result<void> CheckSegment(std::span<const std::byte> image,
                          const Elf64_Phdr& segment) {
  constexpr std::uint64_t kAddressMax = std::uint64_t{1} << 46;
  if (segment.p_type == PT_INTERP) return Bad("it is a program");
  if (segment.p_type != PT_LOAD && segment.p_type != PT_DYNAMIC) return {};
  if (segment.p_offset > image.size() ||
      segment.p_filesz > image.size() - segment.p_offset) {
    return Bad("its segments leave the file");
  }
  if (segment.p_memsz < segment.p_filesz || segment.p_memsz > kAddressMax ||
      segment.p_vaddr > kAddressMax) {
    return Bad("its segments have impossible sizes");
  }
  if (segment.p_type == PT_DYNAMIC) return CheckDynamic(image, segment);
  return {};
}

}  // namespace

Result<void> CheckElf(std::span<const std::byte> image,
                      std::string_view architecture) {
  SKERRY_ASSIGN_OR_RETURN(const auto header, ReadAt<Elf64_Ehdr>(image, 0));
  SKERRY_RETURN_IF_ERROR(CheckHeader(header, architecture));
  int load_count = 0;
  int dynamic_count = 0;
  for (std::uint64_t i = 0; i < header.e_phnum; ++i) {
    // Far from overflow once the first fits, since entries are few.
    if (header.e_phoff > image.size()) return Bad("its headers leave the file");
    SKERRY_ASSIGN_OR_RETURN(
        const auto segment,
        ReadAt<Elf64_Phdr>(image, header.e_phoff + i * sizeof(Elf64_Phdr)));
    SKERRY_RETURN_IF_ERROR(CheckSegment(image, segment));
    load_count += segment.p_type == PT_LOAD ? 1 : 0;
    dynamic_count += segment.p_type == PT_DYNAMIC ? 1 : 0;
  }
  if (load_count == 0) return Bad("it has nothing to load");
  if (dynamic_count != 1) return Bad("it has no single dynamic section");
  return {};
}

}  // namespace skerry::runtime
