#include "skerry/cloud/jobs/work_folders.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "skerry/cloud/database/database.h"
#include "skerry/platform/errno_error.h"
#include "skerry/platform/folder.h"

namespace skerry::cloud {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kJobPrefix = "job-";
constexpr std::string_view kPoolPrefix = "pool-";
constexpr std::string_view kLockSuffix = ".lock";
constexpr mode_t kLockMode = 0600;
constexpr int kLockTries = 10;

std::string LockPath(const std::string& folder, std::string_view id) {
  return folder + "/" + std::string(kPoolPrefix) + std::string(id) +
         std::string(kLockSuffix);
}

// Whether the file at `path` is still the open one.
bool IsAt(const platform::FileDescriptor& file, const std::string& path) {
  struct stat open_one{};
  struct stat named{};
  return fstat(file.number(), &open_one) == 0 &&
         stat(path.c_str(), &named) == 0 && open_one.st_ino == named.st_ino &&
         open_one.st_dev == named.st_dev;
}

// None: another one has it.
platform::FileDescriptor TryLock(const std::string& path, int flags) {
  platform::FileDescriptor file(
      open(path.c_str(), O_RDWR | O_CLOEXEC | flags, kLockMode));
  if (!file.open() || flock(file.number(), LOCK_EX | LOCK_NB) != 0 ||
      !IsAt(file, path)) {
    return {};
  }
  return file;
}

std::vector<std::string> NamesIn(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code fault;
  for (fs::directory_iterator entry(folder, fault), end; !fault && entry != end;
       entry.increment(fault)) {
    names.push_back(entry->path().filename().string());
  }
  return names;
}

// "job-POOL.JOB": POOL; of a name of another form, all of it.
std::string_view PoolOf(std::string_view name) {
  name.remove_prefix(kJobPrefix.size());
  return name.substr(0, name.find('.'));
}

void RemoveAbandoned(const std::string& folder) {
  for (const std::string& name : NamesIn(folder)) {
    if (!name.starts_with(kJobPrefix)) continue;
    // Without a lock there is no pool either.
    const std::string lock = LockPath(folder, PoolOf(name));
    std::error_code ignored;
    if (fs::exists(lock, ignored) && !TryLock(lock, 0).open()) continue;
    fs::remove_all(folder + "/" + name, ignored);
  }
  for (const std::string& name : NamesIn(folder)) {
    if (!name.starts_with(kPoolPrefix) || !name.ends_with(kLockSuffix)) {
      continue;
    }
    const std::string path = folder + "/" + name;
    // Removed while it is held, so that nobody takes it in between.
    const platform::FileDescriptor lock = TryLock(path, 0);
    if (lock.open()) (void)platform::RemoveFile(path);
  }
}

}  // namespace

Result<std::unique_ptr<WorkFolders>> WorkFolders::Open(
    const std::string& folder) {
  SKERRY_RETURN_IF_ERROR(platform::MakeFolders(folder));
  RemoveAbandoned(folder);
  for (int i = 0; i < kLockTries; ++i) {
    const std::string id = NewRowId();
    // Another pool that starts may take a lock that is not held yet.
    platform::FileDescriptor lock =
        TryLock(LockPath(folder, id), O_CREAT | O_EXCL);
    if (lock.open()) {
      return std::unique_ptr<WorkFolders>(
          new WorkFolders(folder, id, std::move(lock)));
    }
    if (errno != EWOULDBLOCK && errno != ENOENT && errno != EEXIST) break;
  }
  return platform::ErrnoError(errno, platform::Quoted(folder));
}

WorkFolders::WorkFolders(std::string folder, std::string id,
                         platform::FileDescriptor lock)
    : folder_(std::move(folder)), id_(std::move(id)), lock_(std::move(lock)) {}

WorkFolders::~WorkFolders() {
  (void)platform::RemoveFile(LockPath(folder_, id_));
}

std::string WorkFolders::NewPath() const {
  return folder_ + "/" + std::string(kJobPrefix) + id_ + "." + NewRowId();
}

}  // namespace skerry::cloud
