#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "skerry/base/result.h"
#include "skerry/platform/file.h"

namespace skerry::cloud {

/// What an archive may hold. Archives come from anybody.
struct ArchiveLimits {
  std::size_t entry_count_max = 4096;
  std::uint64_t byte_count_max = std::uint64_t{4} << 30;  ///< of all files
  std::size_t path_bytes_max = 512;
  int path_depth_max = 16;
  /// Files hold at most `ratio_max` times what the archive has, or
  /// `ratio_free_bytes`: weights do not compress better, bombs do.
  std::uint64_t ratio_max = 200;
  std::uint64_t ratio_free_bytes = std::uint64_t{64} << 20;
};

/// Takes the files of an archive as they are read.
class ArchiveSink {
 public:
  virtual ~ArchiveSink() = default;
  /// A new file; the one before it is complete. `path` is relative, without
  /// "." and "..".
  virtual Result<void> BeginFile(const std::string& path) = 0;
  virtual Result<void> Write(std::span<const std::byte> piece) = 0;
};

/// A file of an archive.
struct ArchivedFile {
  std::string path;
  std::uint64_t byte_count = 0;
};

/// Reads a .tar.gz from its start and gives what it holds to `sink`; returns
/// its files in order. Folders are left out. Nothing but regular files and
/// folders is taken.
///
/// Errors: kInvalidArgument says what is wrong: no .tar.gz, damaged, a path
/// that leaves its folder or comes twice, a link, a device, a sparse file.
/// kResourceExhausted names the limit.
Result<std::vector<ArchivedFile>> ReadArchive(
    const platform::FileDescriptor& archive, const ArchiveLimits& limits,
    ArchiveSink& sink);

/// The same, into files below the empty folder `folder`.
Result<std::vector<ArchivedFile>> ExtractArchive(
    const platform::FileDescriptor& archive, const ArchiveLimits& limits,
    const std::string& folder);

}  // namespace skerry::cloud
