#include "skerry/agent/serving/package_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <optional>

#include "skerry/platform/errno_error.h"

namespace skerry::agent {
namespace {

using platform::ErrnoError;
using platform::Quoted;

constexpr std::size_t kFileCountMax = 1024;

struct Free {
  void operator()(char* text) const { std::free(text); }
};
struct CloseFolder {
  void operator()(DIR* folder) const { closedir(folder); }
};

std::optional<std::string> RealPath(const std::string& path) {
  const std::unique_ptr<char, Free> real(realpath(path.c_str(), nullptr));
  if (real == nullptr) return std::nullopt;
  return std::string(real.get());
}

Result<void> CheckLink(const std::string& folder, const std::string& name) {
  const std::string path = folder + "/" + name;
  struct stat status{};
  if (lstat(path.c_str(), &status) != 0) {
    return ErrnoError(errno, Quoted(path));
  }
  if (!S_ISLNK(status.st_mode)) return {};
  const std::optional<std::string> target = RealPath(path);
  if (target && target->starts_with(folder + "/")) return {};
  return FailedPrecondition(Quoted(path) +
                            ": it is a link that leads out of the package");
}

}  // namespace

Result<std::string> AbsoluteFolder(const std::string& folder) {
  const std::optional<std::string> path = RealPath(folder);
  if (!path) return ErrnoError(errno, Quoted(folder));
  return *path;
}

Result<std::vector<std::string>> ListPackage(const std::string& folder) {
  const std::unique_ptr<DIR, CloseFolder> opened(opendir(folder.c_str()));
  if (opened == nullptr) {
    if (errno == ENOTDIR) return NotFound(Quoted(folder) + " is no folder");
    return ErrnoError(errno, Quoted(folder));
  }
  std::vector<std::string> names;
  while (const dirent* const entry = readdir(opened.get())) {
    std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    if (names.size() == kFileCountMax) {
      return FailedPrecondition(Quoted(folder) + " holds more than " +
                                std::to_string(kFileCountMax) + " files");
    }
    SKERRY_RETURN_IF_ERROR(CheckLink(folder, name));
    names.push_back(std::move(name));
  }
  std::ranges::sort(names);
  return names;
}

Result<platform::FileDescriptor> OpenPackageFile(const std::string& folder,
                                                 const std::string& name) {
  const std::string path = folder + "/" + name;
  // Opening a pipe would wait for a writer.
  platform::FileDescriptor file(
      open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.open()) return ErrnoError(errno, Quoted(path));
  if (!platform::FileBytes(file)) {
    return FailedPrecondition(Quoted(path) + " is no regular file");
  }
  return file;
}

}  // namespace skerry::agent
