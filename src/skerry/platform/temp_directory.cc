#include "skerry/platform/temp_directory.h"

#include <stdlib.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "skerry/platform/errno_error.h"

namespace skerry::platform {

TempDirectory::~TempDirectory() {
  if (path_.empty()) return;
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

Result<TempDirectory> TempDirectory::Create(std::string_view prefix) {
  const char* const parent = getenv("TMPDIR");
  std::string path = parent != nullptr && *parent != '\0' ? parent : "/tmp";
  path += '/';
  path.append(prefix) += "-XXXXXX";
  if (mkdtemp(path.data()) == nullptr) {
    return ErrnoError(errno, "cannot make the folder " + Quoted(path));
  }
  return TempDirectory(std::move(path));
}

std::string TempDirectory::Join(std::string_view name) const {
  std::string joined = path_ + '/';
  return joined.append(name);
}

}  // namespace skerry::platform
