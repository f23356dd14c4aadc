#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include "skerry/cloud/database/migrate.h"
#include "skerry/cloud/database/sqlite_connection.h"
#include "skerry/cloud/database/sqlite_database.h"
#include "skerry/platform/errno_error.h"
#include "skerry/platform/file.h"
#include "skerry/platform/folder.h"

namespace skerry::cloud {
namespace {

using platform::ErrnoError;
using platform::Quoted;

/// Pages that are copied between looks at the clock: 1 MiB.
constexpr int kStepPages = 256;

std::string FolderOf(const std::string& path) {
  const std::filesystem::path folder =
      std::filesystem::path(path).parent_path();
  return folder.empty() ? "." : folder.string();
}

bool Exists(const std::string& path) {
  struct stat facts{};
  return lstat(path.c_str(), &facts) == 0;
}

Result<void> Flush(const std::string& path) {
  SKERRY_ASSIGN_OR_RETURN(const platform::FileDescriptor file,
                          platform::OpenForReading(path));
  if (fsync(file.number()) != 0) return ErrnoError(errno, Quoted(path));
  return {};
}

// A file that goes away unless it gets its name.
class PartialFile {
 public:
  explicit PartialFile(const std::string& path)
      : path_(path + ".partial-" + NewRowId()) {}
  PartialFile(const PartialFile&) = delete;
  PartialFile& operator=(const PartialFile&) = delete;
  ~PartialFile() {
    for (const char* const end : {"", "-journal", "-wal", "-shm"}) {
      (void)platform::RemoveFile(path_ + end);
    }
  }

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

Result<void> CopyPages(SqliteConnection& from, SqliteConnection& to) {
  struct Finish {
    void operator()(sqlite3_backup* backup) const {
      sqlite3_backup_finish(backup);
    }
  };
  const std::unique_ptr<sqlite3_backup, Finish> backup(
      sqlite3_backup_init(to.handle(), "main", from.handle(), "main"));
  if (backup == nullptr) {
    return to.MakeError(sqlite3_extended_errcode(to.handle()), "backup");
  }
  int code = SQLITE_OK;
  while (code == SQLITE_OK)
    code = sqlite3_backup_step(backup.get(), kStepPages);
  if (code != SQLITE_DONE) return to.MakeError(code, "backup");
  return {};
}

// Writes one file that needs none beside it.
Result<void> CopyTo(SqliteConnection& from, const std::string& path) {
  // The snapshot is held, so that writers do not make the copy begin anew.
  SKERRY_RETURN_IF_ERROR(from.Run("BEGIN DEFERRED"));
  SKERRY_RETURN_IF_ERROR(from.Query("SELECT COUNT(*) FROM sqlite_master", {}));
  SKERRY_ASSIGN_OR_RETURN(const std::unique_ptr<SqliteConnection> copy,
                          SqliteConnection::Open(path, SqliteMode::kCreate));
  SKERRY_RETURN_IF_ERROR(copy->Run("PRAGMA synchronous = OFF"));
  SKERRY_RETURN_IF_ERROR(CopyPages(from, *copy));
  SKERRY_RETURN_IF_ERROR(copy->Run("PRAGMA journal_mode = DELETE"));
  return from.Run("COMMIT");
}

// `problem`: what PRAGMA integrity_check says, "ok" if there is none.
Result<void> CheckBackup(SqliteConnection& backup, const std::string& path) {
  SKERRY_ASSIGN_OR_RETURN(const std::vector<SqlRow> problems,
                          backup.Query("PRAGMA integrity_check(1)", {}));
  const std::string problem =
      problems.empty() ? "no answer" : TextOf(problems[0][0]);
  if (problem != "ok") return DataLoss(Quoted(path) + ": " + problem);
  SKERRY_ASSIGN_OR_RETURN(
      const std::vector<SqlRow> tables,
      backup.Query("SELECT name FROM sqlite_master "
                   "WHERE type = 'table' AND name = $1",
                   std::vector<SqlValue>{std::string(kMigrationTable)}));
  if (tables.empty()) {
    return FailedPrecondition(Quoted(path) + " has no table '" +
                              std::string(kMigrationTable) +
                              "': it is no backup of this program");
  }
  return {};
}

// Takes the log into the file at `path`, so that the file may be replaced. A
// broken file is in nobody's use.
Result<void> CloseLog(const std::string& path) {
  auto connection = SqliteConnection::Open(path, SqliteMode::kWrite);
  Result<void> closed;
  if (!connection) {
    closed = connection.error();
  } else {
    sqlite3_busy_timeout((*connection)->handle(), 0);
    closed = (*connection)->Run("PRAGMA journal_mode = DELETE");
  }
  if (closed || closed.error().code() == ErrorCode::kDataLoss) return {};
  if (closed.error().code() == ErrorCode::kUnavailable) {
    return FailedPrecondition(Quoted(path) +
                              " is in use; stop the server first");
  }
  return closed;
}

}  // namespace

Result<void> BackUpSqlite(const std::string& from, const std::string& to) {
  if (Exists(to)) return AlreadyExists(Quoted(to) + " exists");
  SKERRY_ASSIGN_OR_RETURN(const std::unique_ptr<SqliteConnection> source,
                          SqliteConnection::Open(from, SqliteMode::kRead));
  const PartialFile partial(to);
  SKERRY_RETURN_IF_ERROR(CopyTo(*source, partial.path()));
  SKERRY_RETURN_IF_ERROR(Flush(partial.path()));
  // A link, since a rename would replace what has come there meanwhile.
  if (link(partial.path().c_str(), to.c_str()) != 0) {
    if (errno == EEXIST) return AlreadyExists(Quoted(to) + " exists");
    return ErrnoError(errno, Quoted(to));
  }
  return Flush(FolderOf(to));
}

Result<void> RestoreSqlite(const std::string& from, const std::string& to) {
  const PartialFile partial(to);
  {
    SKERRY_ASSIGN_OR_RETURN(const std::unique_ptr<SqliteConnection> backup,
                            SqliteConnection::Open(from, SqliteMode::kRead));
    SKERRY_RETURN_IF_ERROR(CheckBackup(*backup, from));
    SKERRY_RETURN_IF_ERROR(CopyTo(*backup, partial.path()));
  }
  SKERRY_RETURN_IF_ERROR(Flush(partial.path()));
  if (Exists(to)) SKERRY_RETURN_IF_ERROR(CloseLog(to));
  // What is left of a broken file's log would be taken for the new one's.
  for (const char* const end : {"-wal", "-shm", "-journal"}) {
    SKERRY_RETURN_IF_ERROR(platform::RemoveFile(to + end));
  }
  if (std::rename(partial.path().c_str(), to.c_str()) != 0) {
    return ErrnoError(errno, Quoted(to));
  }
  return Flush(FolderOf(to));
}

}  // namespace skerry::cloud
