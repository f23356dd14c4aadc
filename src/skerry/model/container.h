#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "skerry/base/result.h"
#include "skerry/model/manifest.h"

namespace skerry {

/// The file of a compiled model:
///
///     ELF shared object | manifest text | footer (32 bytes, little-endian)
///     footer: u64 elf_bytes, u64 manifest_bytes, u32 version, u32 checksum,
///             8 bytes "SKERRYMD"
///
/// The dynamic loader ignores what follows the ELF image; a reader finds the
/// footer at the end, so a truncated file is noticed at once. The checksum is
/// the CRC-32C (crc32c.h) of everything before it.

/// `elf` with `manifest` and footer appended. `CheckManifest(manifest)` should
/// have passed: `ReadContainer` refuses the file otherwise.
std::vector<std::byte> WriteContainer(std::span<const std::byte> elf,
                                      const Manifest& manifest);

/// Where the parts of a checked container lie.
struct Container {
  std::size_t elf_bytes;
  Manifest manifest;
};

/// Checks footer and checksum, and reads the manifest.
///
/// Errors:
///   kInvalidArgument  not a compiled model of ours
///   kFailedPrecondition  a format version that this code does not know
///   kDataLoss         ours, but truncated or changed
///
/// A file cut off before its footer counts as ours if it is an ELF file that
/// names the model's entry point.
Result<Container> ReadContainer(std::span<const std::byte> file);

}  // namespace skerry
