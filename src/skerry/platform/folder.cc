#include "skerry/platform/folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "skerry/platform/errno_error.h"
#include "skerry/platform/file.h"

namespace skerry::platform {
namespace {

constexpr mode_t kNewFolderMode = 0777;  // less the process's umask

bool IsFolder(const std::string& path) {
  struct stat status{};
  return stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

// A new name is on the disk once the folder that has it is. Some file systems
// cannot flush folders; there is nothing better to do then.
void FlushFolder(const std::string& path) {
  const FileDescriptor opened(
      open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened.open()) fsync(opened.number());
}

std::string ParentOf(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Result<void> MakeFolder(const std::string& path) {
  if (mkdir(path.c_str(), kNewFolderMode) == 0) {
    FlushFolder(ParentOf(path));
    return {};
  }
  const int number = errno;
  if (number == EEXIST && IsFolder(path)) return {};
  return ErrnoError(number == EEXIST ? ENOTDIR : number,
                    "cannot make the folder " + Quoted(path));
}

}  // namespace

Result<void> MakeFolders(const std::string& path) {
  if (path.empty() || IsFolder(path)) return {};
  for (std::size_t slash = path.find('/', 1); slash != std::string::npos;
       slash = path.find('/', slash + 1)) {
    const std::string above = path.substr(0, slash);
    if (!IsFolder(above)) SKERRY_RETURN_IF_ERROR(MakeFolder(above));
  }
  if (path.ends_with('/')) return {};
  return MakeFolder(path);
}

Result<void> CheckFolderWritable(const std::string& path) {
  if (access(path.c_str(), W_OK | X_OK) == 0) return {};
  return ErrnoError(errno, "cannot write to the folder " + Quoted(path));
}

void VisitFiles(const std::string& folder,
                const std::function<void(std::string_view path)>& visit) {
  namespace fs = std::filesystem;
  const std::size_t skipped = folder.size() + (folder.ends_with('/') ? 0 : 1);
  std::error_code error;
  fs::recursive_directory_iterator entry(
      folder, fs::directory_options::skip_permission_denied, error);
  // After an error the iterator is at its end.
  for (; !error && entry != fs::recursive_directory_iterator();
       entry.increment(error)) {
    std::error_code ignored;
    if (entry->symlink_status(ignored).type() != fs::file_type::regular) {
      continue;
    }
    const std::string& path = entry->path().native();
    visit(std::string_view(path).substr(skipped));
  }
}

Result<void> RemoveFile(const std::string& path) {
  if (unlink(path.c_str()) == 0 || errno == ENOENT) return {};
  return ErrnoError(errno, "cannot remove " + Quoted(path));
}

void RemoveEmptyFolder(const std::string& path) { rmdir(path.c_str()); }

}  // namespace skerry::platform
