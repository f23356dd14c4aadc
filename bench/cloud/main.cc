// Times the control plane's database and signature checks:
//
//   cloud_bench [DATABASE URL]
//
// Without a URL: SQLite in a temporary folder of $TMPDIR, which should be on a
// disk, not in memory.

#include <atomic>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <string>
#include <thread>
#include <vector>

#include "skerry/cloud/database/database.h"
#include "skerry/cloud/identity/identity_test_support.h"
#include "skerry/platform/temp_directory.h"

namespace skerry::cloud {
namespace {

using std::chrono::steady_clock;

double SecondsSince(steady_clock::time_point start) {
  return std::chrono::duration<double>(steady_clock::now() - start).count();
}

// Of this process: what others do on the machine does not count.
double CpuSeconds() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

Result<void> InsertRow(Database& database) {
  return database.Write([](Transaction& transaction) -> Result<void> {
    SKERRY_RETURN_IF_ERROR(transaction.Execute(
        "INSERT INTO bench (id, note) VALUES ($1, $2)",
        std::vector<SqlValue>{NewRowId(), std::string(200, 'n')}));
    return {};
  });
}

// Rows of one transaction each, from so many threads for a while.
void TimeWrites(Database& database, int thread_count) {
  constexpr std::chrono::seconds kDuration{2};
  const DatabaseCounters before = database.counters();
  const auto start = steady_clock::now();
  std::atomic<int> failed = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < thread_count; ++i) {
    threads.emplace_back([&] {
      while (steady_clock::now() - start < kDuration) {
        if (!InsertRow(database)) ++failed;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const double seconds = SecondsSince(start);
  const DatabaseCounters after = database.counters();
  const auto writes = static_cast<double>(after.writes - before.writes);
  const auto commits = static_cast<double>(after.commits - before.commits);
  std::printf(
      "%3d threads: %7.0f writes/s in %6.0f commits/s (%5.1f writes each), "
      "%llu retries, %d failed\n",
      thread_count, writes / seconds, commits / seconds, writes / commits,
      static_cast<unsigned long long>(after.retries - before.retries),
      failed.load());
}

void TimeReads(Database& database) {
  constexpr int kCount = 20'000;
  const double start = CpuSeconds();
  for (int i = 0; i < kCount; ++i) {
    (void)database.Read([](Transaction& transaction) -> Result<void> {
      SKERRY_RETURN_IF_ERROR(
          transaction.Query("SELECT note FROM bench WHERE id = $1",
                            std::vector<SqlValue>{std::string("none")}));
      return {};
    });
  }
  std::printf("one row by its key: %.1f us of CPU\n",
              (CpuSeconds() - start) / kCount * 1e6);
}

void TimeVerify(AccessKeys& keys, const char* name, const RequestHead& head,
                std::string_view body) {
  constexpr int kCount = 50'000;
  int good = 0;
  std::vector<std::byte> content;
  const double start = CpuSeconds();
  for (int i = 0; i < kCount; ++i) {
    const auto verified = VerifyRequest(head, keys, ExampleTime());
    content.clear();
    good += verified && verified->payload->Read(BytesOf(body), content) &&
                    verified->payload->End()
                ? 1
                : 0;
  }
  std::printf("verify %s: %.2f us of CPU%s\n", name,
              (CpuSeconds() - start) / kCount * 1e6,
              good == kCount ? "" : " (REFUSED)");
}

// The examples' key, by the cache of signing keys that the server has.
class CachedKeys final : public AccessKeys {
 public:
  explicit CachedKeys(AccessKeys& cache) : cache_(cache) {}
  Result<AccessKey> Add(Role role, const std::string& name,
                        const Also& also) override {
    return cache_.Add(role, name, also);
  }
  Result<AccessKey> AddSession(const Principal& principal,
                               std::chrono::seconds lifetime,
                               const Also& also) override {
    return cache_.AddSession(principal, lifetime, also);
  }
  Result<AccessKey> Find(std::string_view id) override {
    // Both: the cost is the real one's, the key is the examples'.
    (void)cache_.Find(id);
    return fixed_.Find(id);
  }
  Result<std::vector<AccessKey>> List() override { return cache_.List(); }
  Result<void> SetActive(const std::string& id, bool active,
                         const Also& also) override {
    return cache_.SetActive(id, active, also);
  }
  Result<void> Remove(const std::string& id, const Also& also) override {
    return cache_.Remove(id, also);
  }
  std::string SigningKey(const AccessKey& key, std::string_view date,
                         std::string_view region,
                         std::string_view service) override {
    return cache_.SigningKey(key, date, region, service);
  }

 private:
  AccessKeys& cache_;
  FixedKeys fixed_;
};

Result<void> Run(const std::string& url) {
  SKERRY_ASSIGN_OR_RETURN(const std::unique_ptr<Database> database,
                          Database::Open(url));
  SKERRY_RETURN_IF_ERROR(database->Migrate(IdentityMigrations()));
  SKERRY_RETURN_IF_ERROR(database->Migrate(std::vector<Migration>{
      {"bench/1",
       {"CREATE TABLE bench (id TEXT PRIMARY KEY, note TEXT NOT NULL)"}}}));
  for (const int thread_count : {1, 4, 16, 64}) {
    TimeWrites(*database, thread_count);
  }
  TimeReads(*database);

  SKERRY_ASSIGN_OR_RETURN(const std::unique_ptr<AccessKeys> stored,
                          AccessKeys::Create(*database, std::string(32, 'k')));
  CachedKeys keys(*stored);
  const std::string body(200, 'b');
  TimeVerify(keys, "s3 GET", SignedHead("s3", "GET", "/bucket/a/key", ""), "");
  TimeVerify(keys, "json POST of 200 bytes",
             SignedHead("sagemaker", "POST", "/", body,
                        {{"x-amz-target", "SageMaker.DescribeDevice"},
                         {"content-type", "application/x-amz-json-1.1"}}),
             body);
  return {};
}

}  // namespace
}  // namespace skerry::cloud

int main(int argc, char** argv) {
  const auto folder = skerry::platform::TempDirectory::Create("skerry-bench-");
  if (!folder) return 1;
  const std::string url =
      argc > 1 ? argv[1] : "sqlite:" + folder->Join("bench.db");
  const auto run = skerry::cloud::Run(url);
  if (!run) std::fprintf(stderr, "%s\n", run.error().message().c_str());
  return run ? 0 : 1;
}
