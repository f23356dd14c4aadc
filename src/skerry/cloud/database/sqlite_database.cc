#include "skerry/cloud/database/sqlite_database.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "skerry/cloud/database/body.h"
#include "skerry/cloud/database/migrate.h"
#include "skerry/cloud/database/sqlite_connection.h"
#include "skerry/platform/thread.h"

namespace skerry::cloud {
namespace {

/// Writes that share one commit.
constexpr std::size_t kGroupMax = 256;
/// Reads at once; more of them wait.
constexpr std::size_t kReadersMax = 32;

// A caller of `Write` that waits.
struct Pending {
  explicit Pending(const Database::Body& asked) : body(asked) {}

  const Database::Body& body;
  std::condition_variable told;
  bool done = false;
  Result<void> result;
};

using Group = std::vector<Pending*>;

class SqliteDatabase final : public Database {
 public:
  SqliteDatabase(std::string path, std::unique_ptr<SqliteConnection> writer)
      : path_(std::move(path)), writer_(std::move(writer)) {}
  ~SqliteDatabase() override;

  Result<void> Start();

  Result<void> Migrate(std::span<const Migration> migrations) override {
    return ApplyMigrations(*this, migrations);
  }
  Result<void> Read(const Body& body) override;
  Result<void> Write(const Body& body) override;
  Result<void> Backup(const std::string& path) override {
    return BackUpSqlite(path_, path);
  }
  DatabaseCounters counters() const override {
    return {writes_, commits_, retries_, reads_};
  }

 private:
  void WriteAll();
  void RunGroup(Group group);
  std::optional<std::size_t> RunBodies(const Group& group);
  void Finish(const Group& group);

  Result<std::unique_ptr<SqliteConnection>> TakeReader();
  void GiveReader(std::unique_ptr<SqliteConnection> reader);

  const std::string path_;
  std::unique_ptr<SqliteConnection> writer_;  // the writer thread's

  std::mutex mutex_;
  std::condition_variable work_;
  std::vector<Pending*> queue_;
  bool ending_ = false;

  std::mutex reader_mutex_;
  std::condition_variable reader_free_;
  std::vector<std::unique_ptr<SqliteConnection>> idle_;
  std::size_t reader_count_ = 0;

  std::atomic<std::uint64_t> writes_ = 0, commits_ = 0, retries_ = 0;
  std::atomic<std::uint64_t> reads_ = 0;

  platform::Thread thread_;
};

SqliteDatabase::~SqliteDatabase() {
  {
    const std::scoped_lock lock(mutex_);
    ending_ = true;
  }
  work_.notify_one();
  thread_ = {};
  // The readers go first, so that the writer is the last to close, and takes
  // the log into the file.
  idle_.clear();
}

Result<void> SqliteDatabase::Start() {
  SKERRY_ASSIGN_OR_RETURN(
      thread_,
      platform::Thread::Start("sqlite-writer", [this] { WriteAll(); }));
  return {};
}

Result<void> SqliteDatabase::Write(const Body& body) {
  if (InBody()) return CalledFromBody();
  Pending pending(body);
  std::unique_lock lock(mutex_);
  queue_.push_back(&pending);
  work_.notify_one();
  pending.told.wait(lock, [&] { return pending.done; });
  return std::move(pending.result);
}

// While one group is on its way to the disk, the next one gathers.
void SqliteDatabase::WriteAll() {
  while (true) {
    Group group;
    {
      std::unique_lock lock(mutex_);
      work_.wait(lock, [&] { return ending_ || !queue_.empty(); });
      if (queue_.empty()) return;
      const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(
                                            std::min(kGroupMax, queue_.size()));
      group.assign(queue_.begin(), end);
      queue_.erase(queue_.begin(), end);
    }
    RunGroup(std::move(group));
  }
}

void SqliteDatabase::RunGroup(Group group) {
  while (!group.empty()) {
    Result<void> committed = writer_->Run("BEGIN IMMEDIATE");
    if (committed) {
      // SQLite gives a whole transaction up when the disk is full or broken:
      // then all but the one that met it try again.
      if (const auto lost = RunBodies(group)) {
        Finish({group[*lost]});
        group.erase(group.begin() + static_cast<std::ptrdiff_t>(*lost));
        retries_ += group.size();
        continue;
      }
      const bool wrote = writer_->has_written();
      committed = writer_->Run("COMMIT");
      if (committed && wrote) ++commits_;
    }
    if (!committed) {
      if (writer_->in_transaction()) (void)writer_->Run("ROLLBACK");
      for (Pending* const member : group) member->result = committed.error();
    }
    Finish(group);
    return;
  }
}

// The index of the member that lost the whole transaction, if one did.
std::optional<std::size_t> SqliteDatabase::RunBodies(const Group& group) {
  for (std::size_t i = 0; i < group.size(); ++i) {
    Pending& member = *group[i];
    member.result = writer_->Run("SAVEPOINT member");
    if (member.result) {
      member.result = RunBody(member.body, *writer_, "");
      if (writer_->in_transaction()) {
        if (!member.result) (void)writer_->Run("ROLLBACK TO member");
        Result<void> released = writer_->Run("RELEASE member");
        if (member.result && !released) member.result = std::move(released);
      }
    }
    if (!writer_->in_transaction()) {
      if (member.result) {
        member.result = Internal("SQLite has given the transaction up");
      }
      return i;
    }
  }
  return std::nullopt;
}

void SqliteDatabase::Finish(const Group& group) {
  writes_ += group.size();
  const std::scoped_lock lock(mutex_);
  for (Pending* const member : group) {
    // Under the lock: the waiting caller owns it, and is gone right after.
    member->done = true;
    member->told.notify_one();
  }
}

Result<std::unique_ptr<SqliteConnection>> SqliteDatabase::TakeReader() {
  std::unique_lock lock(reader_mutex_);
  reader_free_.wait(
      lock, [&] { return !idle_.empty() || reader_count_ < kReadersMax; });
  if (!idle_.empty()) {
    std::unique_ptr<SqliteConnection> reader = std::move(idle_.back());
    idle_.pop_back();
    return reader;
  }
  ++reader_count_;
  lock.unlock();
  auto opened = SqliteConnection::Open(path_, SqliteMode::kRead);
  if (!opened) {
    GiveReader(nullptr);
    return opened.error();
  }
  return opened;
}

void SqliteDatabase::GiveReader(std::unique_ptr<SqliteConnection> reader) {
  {
    const std::scoped_lock lock(reader_mutex_);
    if (reader == nullptr) {
      --reader_count_;
    } else {
      idle_.push_back(std::move(reader));
    }
  }
  reader_free_.notify_one();
}

Result<void> SqliteDatabase::Read(const Body& body) {
  if (InBody()) return CalledFromBody();
  SKERRY_ASSIGN_OR_RETURN(std::unique_ptr<SqliteConnection> reader,
                          TakeReader());
  Result<void> result = reader->Run("BEGIN DEFERRED");
  if (result) {
    result = RunBody(body, *reader, "");
    // A connection that does not let go of its snapshot is closed.
    if (reader->in_transaction() && !reader->Run("ROLLBACK")) reader.reset();
  }
  GiveReader(std::move(reader));
  ++reads_;
  return result;
}

}  // namespace

Result<std::unique_ptr<Database>> OpenSqlite(const std::string& path) {
  SKERRY_ASSIGN_OR_RETURN(std::unique_ptr<SqliteConnection> writer,
                          SqliteConnection::Open(path, SqliteMode::kCreate));
  // FULL: the log is flushed with each commit, so that what was told stays.
  for (const std::string_view pragma :
       {"PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL",
        "PRAGMA journal_size_limit = 67108864"}) {
    if (auto run = writer->Run(pragma); !run) {
      return run.error().WithContext("database '" + path + "'");
    }
  }
  auto database = std::make_unique<SqliteDatabase>(path, std::move(writer));
  SKERRY_RETURN_IF_ERROR(database->Start());
  return database;
}

}  // namespace skerry::cloud
