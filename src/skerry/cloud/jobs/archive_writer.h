#pragma once

#include <string>
#include <vector>

#include "skerry/base/result.h"
#include "skerry/platform/file.h"

namespace skerry::cloud {

/// A file that goes into an archive: the content of `path`, or `text`.
struct ArchiveSource {
  std::string name = {};  ///< in the archive
  std::string path = {};  ///< empty: `text`
  std::string text = {};
};

/// Writes the new file `path`: a .tar.gz with `sources` at its top, sorted by
/// name. The same content gives the same bytes: no times, no owners.
Result<void> WriteArchive(const std::string& path,
                          std::vector<ArchiveSource> sources);

}  // namespace skerry::cloud
