#include "skerry/cloud/service/backup.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <memory>
#include <string_view>
#include <system_error>

#include "skerry/cloud/database/database.h"
#include "skerry/cloud/service/data_folder.h"
#include "skerry/platform/errno_error.h"
#include "skerry/platform/file.h"

namespace skerry::cloud {
namespace {

namespace fs = std::filesystem;
using platform::Quoted;

Error FaultOf(const std::error_code& fault, const fs::path& path) {
  return platform::ErrnoError(fault.value(), Quoted(path.string()));
}

/// A blob never changes, so that a second name is as good as a copy.
Result<void> LinkOrCopy(const fs::path& source, const fs::path& target) {
  std::error_code fault;
  fs::create_hard_link(source, target, fault);
  if (!fault || fault == std::errc::file_exists) return {};
  if (fault == std::errc::no_such_file_or_directory) return {};  // removed
  fault.clear();
  fs::copy_file(source, target, fs::copy_options::skip_existing, fault);
  if (fault) return FaultOf(fault, target);
  return {};
}

Result<void> CopyFile(const fs::path& source, const fs::path& target) {
  std::error_code fault;
  fs::copy_file(source, target, fault);
  if (fault) return FaultOf(fault, target);
  return {};
}

/// Copies the folder's files; what goes away meanwhile is left out.
Result<void> CopyTree(const fs::path& source, const fs::path& target,
                      Result<void> (*copy)(const fs::path&, const fs::path&)) {
  std::error_code fault;
  fs::create_directory(target, source, fault);
  if (fault) return FaultOf(fault, target);
  for (fs::directory_iterator entry(source, fault), end; !fault && entry != end;
       entry.increment(fault)) {
    const fs::path place = target / entry->path().filename();
    std::error_code ignored;
    if (entry->is_symlink(ignored)) continue;
    if (entry->is_directory(ignored)) {
      SKERRY_RETURN_IF_ERROR(CopyTree(entry->path(), place, copy));
    } else if (entry->is_regular_file(ignored)) {
      SKERRY_RETURN_IF_ERROR(copy(entry->path(), place));
    }
  }
  if (fault) return FaultOf(fault, source);
  return {};
}

bool IsMetadata(const fs::path& name) {
  return name.string().starts_with("metadata.sqlite");
}

/// All but objects, metadata, and what is in work.
Result<void> CopyRest(const fs::path& source, const fs::path& target) {
  std::error_code fault;
  for (fs::directory_iterator entry(source, fault), end; !fault && entry != end;
       entry.increment(fault)) {
    const fs::path name = entry->path().filename();
    if (name == "objects" || name == "work" || IsMetadata(name)) continue;
    const fs::path place = target / name;
    std::error_code ignored;
    if (entry->is_directory(ignored)) {
      SKERRY_RETURN_IF_ERROR(CopyTree(entry->path(), place, &CopyFile));
    } else if (entry->is_regular_file(ignored)) {
      SKERRY_RETURN_IF_ERROR(CopyFile(entry->path(), place));
    }
  }
  if (fault) return FaultOf(fault, source);
  fs::create_directory(target / "work", source, fault);
  if (fault) return FaultOf(fault, target);
  return {};
}

Result<void> FlushAll(const fs::path& path) {
  const platform::FileDescriptor folder(
      open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.open() || syncfs(folder.number()) != 0) {
    return platform::ErrnoError(errno, Quoted(path.string()));
  }
  return {};
}

/// A folder beside `target` that becomes it, or goes away.
class NewFolder {
 public:
  explicit NewFolder(const std::string& target)
      : target_(target), path_(target + ".partial") {}
  NewFolder(const NewFolder&) = delete;
  NewFolder& operator=(const NewFolder&) = delete;
  ~NewFolder() {
    std::error_code ignored;
    if (made_) fs::remove_all(path_, ignored);
  }

  const fs::path& path() const { return path_; }

  /// With the permissions of `like`.
  Result<void> Make(const fs::path& like) {
    std::error_code fault;
    if (!fs::create_directory(path_, like, fault)) {
      if (fault) return FaultOf(fault, path_);
      return AlreadyExists(Quoted(path_.string()) +
                           " is left from a run that was cut off; remove it");
    }
    made_ = true;
    return {};
  }

  Result<void> Finish() {
    SKERRY_RETURN_IF_ERROR(FlushAll(path_));
    std::error_code fault;
    fs::rename(path_, target_, fault);
    if (fault) return FaultOf(fault, target_);
    made_ = false;
    return {};
  }

 private:
  const fs::path target_;
  const fs::path path_;
  bool made_ = false;
};

/// "a/" and "a" are one folder.
std::string WithoutSlash(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

}  // namespace

Result<void> BackUp(const std::string& folder, const std::string& target) {
  SKERRY_ASSIGN_OR_RETURN(const DataFolder data, DataFolder::Open(folder));
  if (!data.database_url.empty() && !data.database_url.starts_with("sqlite:")) {
    return Unimplemented(
        "metadata is in PostgreSQL: save it with pg_dump, then copy " +
        Quoted(folder));
  }
  std::error_code ignored;
  if (fs::exists(target, ignored)) {
    return AlreadyExists(Quoted(target) + " exists already");
  }
  NewFolder fresh(WithoutSlash(target));
  SKERRY_RETURN_IF_ERROR(fresh.Make(folder));
  SKERRY_RETURN_IF_ERROR(CopyRest(folder, fresh.path()));
  // What metadata refers to is there in the first round, or so new that no
  // sweep takes it before the second.
  const fs::path objects = fresh.path() / "objects";
  SKERRY_RETURN_IF_ERROR(CopyTree(data.objects(), objects, &LinkOrCopy));
  {
    const std::string url = data.database_url.empty()
                                ? "sqlite:" + data.metadata_file()
                                : data.database_url;
    SKERRY_ASSIGN_OR_RETURN(const std::unique_ptr<Database> database,
                            Database::Open(url));
    SKERRY_RETURN_IF_ERROR(
        database->Backup((fresh.path() / "metadata.sqlite").string()));
  }
  SKERRY_RETURN_IF_ERROR(CopyTree(data.objects(), objects, &LinkOrCopy));
  return fresh.Finish();
}

Result<void> Restore(const std::string& backup, const std::string& folder) {
  SKERRY_ASSIGN_OR_RETURN(const DataFolder data, DataFolder::Open(backup));
  std::error_code ignored;
  if (fs::exists(data.metadata_file() + "-wal", ignored)) {
    return InvalidArgument(Quoted(backup) +
                           " is served, or was not ended well: this is no "
                           "backup; make one with 'skerry-cloud backup'");
  }
  const std::string place = WithoutSlash(folder);
  if (fs::exists(place, ignored) && !fs::is_empty(place, ignored)) {
    return AlreadyExists(Quoted(folder) + " is not empty");
  }
  NewFolder fresh(place);
  SKERRY_RETURN_IF_ERROR(fresh.Make(backup));
  SKERRY_RETURN_IF_ERROR(CopyRest(backup, fresh.path()));
  SKERRY_RETURN_IF_ERROR(
      CopyTree(data.objects(), fresh.path() / "objects", &LinkOrCopy));
  SKERRY_RETURN_IF_ERROR(
      CopyFile(data.metadata_file(), fresh.path() / "metadata.sqlite"));
  return fresh.Finish();
}

}  // namespace skerry::cloud
