#include "skerry/cloud/database/postgres_database.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "skerry/cloud/database/body.h"
#include "skerry/cloud/database/libpq.h"
#include "skerry/cloud/database/migrate.h"
#include "skerry/cloud/database/postgres_connection.h"

namespace skerry::cloud {
namespace {

using std::chrono::milliseconds;

/// Connections of one program; more calls wait.
constexpr std::size_t kConnectionsMax = 16;
/// How long a call waits for one.
constexpr std::chrono::seconds kPoolTimeout{20};
/// Runs of one transaction that others were in the way of.
constexpr int kTriesMax = 30;
/// New connections of one call, before the database is said to be gone.
constexpr int kReconnectsMax = 2;

// SERIALIZABLE, so that a body means here what it means in SQLite, where
// writes come one after another: it may read, decide, and write. READ
// COMMITTED would want a lock named in each body, and a forgotten one would
// show only under load. The price is that some run again.
constexpr char kBeginWrite[] = "BEGIN ISOLATION LEVEL SERIALIZABLE";
constexpr char kBeginRead[] = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

enum class Access : std::uint8_t { kRead, kWrite };

// Longer and longer, and not in step with the others.
void WaitForTurn(int tries) {
  constexpr int kDoublingsMax = 6;
  thread_local std::minstd_rand random(std::random_device{}());
  const int most = 1 << std::min(tries, kDoublingsMax);
  std::this_thread::sleep_for(std::chrono::microseconds(
      std::uniform_int_distribution<int>(200, 1000 * most)(random)));
}

class PostgresDatabase final : public Database {
 public:
  PostgresDatabase(const Libpq& pq, std::string url)
      : pq_(pq), url_(std::move(url)) {}

  /// Whether the server is as we need it.
  Result<void> Check();

  Result<void> Migrate(std::span<const Migration> migrations) override {
    return ApplyMigrations(*this, migrations);
  }
  Result<void> Read(const Body& body) override {
    Result<void> result = Run(body, Access::kRead);
    ++reads_;
    return result;
  }
  Result<void> Write(const Body& body) override {
    Result<void> result = Run(body, Access::kWrite);
    ++writes_;
    return result;
  }
  Result<void> Backup(const std::string& /*path*/) override {
    return Unimplemented("a PostgreSQL database is backed up by pg_dump");
  }
  DatabaseCounters counters() const override {
    return {writes_, commits_, retries_, reads_};
  }

 private:
  using Connection = std::unique_ptr<PostgresConnection>;

  Result<Connection> Take();
  void Give(Connection connection);
  Result<void> Run(const Body& body, Access access);
  Result<void> RunOnce(const Body& body, Access access,
                       PostgresConnection& connection, bool& sent_commit);

  const Libpq& pq_;
  const std::string url_;
  std::string_view skip_locked_ = " FOR UPDATE SKIP LOCKED";

  std::mutex mutex_;
  std::condition_variable free_;
  std::vector<Connection> idle_;
  std::size_t count_ = 0;

  std::atomic<std::uint64_t> writes_ = 0, commits_ = 0, retries_ = 0;
  std::atomic<std::uint64_t> reads_ = 0;
};

Result<PostgresDatabase::Connection> PostgresDatabase::Take() {
  std::unique_lock lock(mutex_);
  const bool got = free_.wait_for(lock, kPoolTimeout, [&] {
    return !idle_.empty() || count_ < kConnectionsMax;
  });
  if (!got) {
    return Unavailable("all " + std::to_string(kConnectionsMax) +
                       " connections to PostgreSQL are in use");
  }
  if (!idle_.empty()) {
    Connection connection = std::move(idle_.back());
    idle_.pop_back();
    return connection;
  }
  ++count_;
  lock.unlock();
  auto opened = PostgresConnection::Open(pq_, url_);
  if (!opened) {
    Give(nullptr);
    return opened.error();
  }
  return opened;
}

// A connection that cannot be used any more goes.
void PostgresDatabase::Give(Connection connection) {
  if (connection != nullptr && !connection->idle()) connection.reset();
  {
    const std::scoped_lock lock(mutex_);
    if (connection == nullptr) {
      --count_;
    } else {
      idle_.push_back(std::move(connection));
    }
  }
  free_.notify_one();
}

Result<void> PostgresDatabase::RunOnce(const Body& body, Access access,
                                       PostgresConnection& connection,
                                       bool& sent_commit) {
  connection.Clear();
  SKERRY_RETURN_IF_ERROR(
      connection.Run(access == Access::kWrite ? kBeginWrite : kBeginRead));
  Result<void> result = RunBody(body, connection, skip_locked_);
  if (!result) {
    // What the body made of a conflict does not matter: it runs again.
    if (connection.trouble() != PostgresTrouble::kLost) {
      (void)connection.Run("ROLLBACK");
    }
    return result;
  }
  sent_commit = access == Access::kWrite;
  return connection.Run("COMMIT");
}

Result<void> PostgresDatabase::Run(const Body& body, Access access) {
  if (InBody()) return CalledFromBody();
  int reconnects = 0;
  for (int tries = 1;; ++tries) {
    SKERRY_ASSIGN_OR_RETURN(Connection connection, Take());
    bool sent_commit = false;
    Result<void> result = RunOnce(body, access, *connection, sent_commit);
    const PostgresTrouble trouble = connection->trouble();
    Give(std::move(connection));
    if (result && access == Access::kWrite) ++commits_;
    if (result || trouble == PostgresTrouble::kNone) return result;
    if (trouble == PostgresTrouble::kLost) {
      if (sent_commit) {
        return result.error().WithContext(
            "it is not known whether the change was made");
      }
      // A server that was started anew has ended all idle connections.
      const std::scoped_lock lock(mutex_);
      count_ -= idle_.size();
      idle_.clear();
      if (++reconnects > kReconnectsMax) return result;
    }
    if (tries == kTriesMax) {
      return Unavailable("gave up after " + std::to_string(kTriesMax) +
                         " tries: " + result.error().message());
    }
    ++retries_;
    if (trouble == PostgresTrouble::kRetry) WaitForTurn(tries);
  }
}

Result<void> PostgresDatabase::Check() {
  bool by_bytes = false;
  std::string encoding;
  std::string version;
  SKERRY_RETURN_IF_ERROR(Read([&](Transaction& transaction) -> Result<void> {
    SKERRY_ASSIGN_OR_RETURN(
        const std::vector<SqlRow> rows,
        transaction.Query("SELECT 'Z' < 'a' AND 'a-c' < 'ab', "
                          "pg_encoding_to_char(encoding), version() "
                          "FROM pg_database WHERE datname = current_database()",
                          {}));
    if (rows.size() != 1) return Internal("PostgreSQL does not know itself");
    by_bytes = IntOf(rows[0][0]) != 0;
    encoding = TextOf(rows[0][1]);
    version = TextOf(rows[0][2]);
    return {};
  }));
  // Keys of objects are listed in the order of their bytes.
  if (!by_bytes) {
    return FailedPrecondition(
        "the database does not sort text by its bytes; make it with: CREATE "
        "DATABASE ... TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' "
        "LC_CTYPE 'C'");
  }
  if (encoding != "UTF8") {
    return FailedPrecondition("the database's encoding is " + encoding +
                              ", want UTF8");
  }
  // YugabyteDB has no SKIP LOCKED in serialisable transactions; without it
  // workers that take the same job collide, and all but one run again.
  if (version.find("-YB-") != std::string::npos) skip_locked_ = "";
  return {};
}

}  // namespace

Result<std::unique_ptr<Database>> OpenPostgres(const std::string& url) {
  SKERRY_ASSIGN_OR_RETURN(const Libpq* const pq, Libpq::Get());
  char* message = nullptr;
  PQconninfoOption* const options = pq->parse_url(url.c_str(), &message);
  if (options == nullptr) {
    // Its message may quote the URL, with its password.
    if (message != nullptr) pq->free_memory(message);
    return InvalidArgument(
        "database URL: want 'postgresql://USER:PASSWORD@HOST:PORT/NAME'");
  }
  pq->free_options(options);
  auto database = std::make_unique<PostgresDatabase>(*pq, url);
  SKERRY_RETURN_IF_ERROR(database->Check());
  return database;
}

}  // namespace skerry::cloud
