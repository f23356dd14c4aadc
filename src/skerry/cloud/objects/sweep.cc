#include <array>

#include "skerry/cloud/objects/store_impl.h"

namespace skerry::cloud {
namespace {

Result<bool> IsUsed(Database& database, const std::string& sha256) {
  bool used = false;
  SKERRY_RETURN_IF_ERROR(
      database.Read([&](Transaction& transaction) -> Result<void> {
        const std::array<SqlValue, 1> blob = {sha256};
        used = false;
        for (const std::string_view sql :
             {"SELECT 1 FROM object_versions WHERE blob = $1 LIMIT 1",
              "SELECT 1 FROM upload_parts WHERE blob = $1 LIMIT 1"}) {
          SKERRY_ASSIGN_OR_RETURN(const auto rows,
                                  transaction.Query(sql, blob));
          used = used || !rows.empty();
        }
        return {};
      }));
  return used;
}

}  // namespace

ObjectStoreImpl::~ObjectStoreImpl() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
}

Result<void> ObjectStoreImpl::Start() {
  if (options_.sweep_period.count() == 0) return {};
  SKERRY_ASSIGN_OR_RETURN(
      sweeper_,
      platform::Thread::Start("object-sweep", [this] { SweepNowAndThen(); }));
  return {};
}

void ObjectStoreImpl::SweepNowAndThen() {
  std::unique_lock lock(mutex_);
  while (!ending_) {
    changed_.wait_for(lock, options_.sweep_period, [this] { return ending_; });
    if (ending_) return;
    lock.unlock();
    // What it could not do the next one will.
    (void)Sweep();
    lock.lock();
  }
}

Result<int> ObjectStoreImpl::AbortStaleUploads() {
  int count = 0;
  const std::int64_t limit =
      NowMicros() - std::chrono::microseconds(options_.upload_lifetime).count();
  SKERRY_RETURN_IF_ERROR(
      database_.Write([&](Transaction& transaction) -> Result<void> {
        const std::array<SqlValue, 1> parameters = {limit};
        SKERRY_ASSIGN_OR_RETURN(
            const auto parts,
            transaction.Execute(
                "DELETE FROM upload_parts WHERE upload_id IN"
                " (SELECT upload_id FROM uploads WHERE touched < $1)",
                parameters));
        (void)parts;
        SKERRY_ASSIGN_OR_RETURN(
            const auto uploads,
            transaction.Execute("DELETE FROM uploads WHERE touched < $1",
                                parameters));
        count = static_cast<int>(uploads);
        return {};
      }));
  return count;
}

Result<SweepReport> ObjectStoreImpl::Sweep() {
  SKERRY_ASSIGN_OR_RETURN(const int aborted, AbortStaleUploads());
  SKERRY_ASSIGN_OR_RETURN(
      SweepReport report,
      blobs_.Sweep(options_.grace, [this](const std::string& sha256) {
        return IsUsed(database_, sha256);
      }));
  report.uploads_aborted = aborted;
  return report;
}

}  // namespace skerry::cloud
