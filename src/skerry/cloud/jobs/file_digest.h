#pragma once

#include <cstdint>
#include <string>

#include "skerry/base/result.h"
#include "skerry/platform/file.h"

namespace skerry::cloud {

/// What a file holds, in hexadecimal.
struct FileDigests {
  std::string sha256;
  std::string sha1;     ///< for protocols that know no better; proves nothing
  std::string blake2b;  ///< BLAKE2b-512
  std::uint64_t byte_count = 0;
};

/// Reads `file`, a regular file, from its start to its end.
Result<FileDigests> DigestFile(const platform::FileDescriptor& file);

}  // namespace skerry::cloud
