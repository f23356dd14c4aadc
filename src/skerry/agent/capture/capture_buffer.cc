#include "skerry/agent/capture/capture_buffer.h"

#include <algorithm>
#include <utility>

#include "skerry/agent/capture/capture_checks.h"

namespace skerry::agent {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::milliseconds kPauseInDrain{50};

}  // namespace

CaptureBuffer::CaptureBuffer(const CaptureOptions& options,
                             CaptureMetrics& metrics)
    : count_max_(options.buffer_size),
      batch_size_(options.batch_size),
      push_period_(options.push_period),
      metrics_(metrics),
      statuses_(kCaptureStatusCountMax) {}

Result<void> CaptureBuffer::Add(CaptureRecord record) {
  const std::size_t bytes = RecordBytes(record);
  const std::lock_guard lock(mutex_);
  return AddLocked(std::move(record), bytes);
}

Result<void> CaptureBuffer::AddLocked(CaptureRecord record, std::size_t bytes) {
  if (statuses_.Contains(record.capture_id)) {
    metrics_.rejected_duplicate->Add();
    return AlreadyExists("the capture id '" + record.capture_id +
                         "' was used before");
  }
  if (offline_) {
    metrics_.rejected_offline->Add();
    return FailedPrecondition(
        "captured data goes to the cloud, and there is no network");
  }
  if (pending_count_ >= count_max_ ||
      pending_bytes_ + bytes > kCaptureBufferBytesMax) {
    metrics_.rejected_full->Add();
    return ResourceExhausted(
        "the capture buffer is full: " + std::to_string(pending_count_) +
        " records of " + std::to_string(pending_bytes_) +
        " bytes wait to be written; see capture_data_buffer_size");
  }
  statuses_.Add(record.capture_id);
  entries_.push_back({std::move(record), bytes, steady_clock::now()});
  ++pending_count_;
  pending_bytes_ += bytes;
  metrics_.accepted->Add();
  metrics_.pending->Set(static_cast<double>(pending_count_));
  // Others change nothing for who waits: the first starts the push period.
  if (entries_.size() == 1 || entries_.size() == batch_size_) {
    filled_.notify_one();
  }
  return {};
}

CaptureStatus CaptureBuffer::Status(std::string_view id) const {
  const std::lock_guard lock(mutex_);
  return statuses_.Get(id);
}

bool CaptureBuffer::IsBatchDue() const {
  if (closed_) return true;
  if (entries_.empty()) return false;
  return drain_count_ > 0 || entries_.size() >= batch_size_ ||
         steady_clock::now() >= entries_.front().arrival + push_period_;
}

std::optional<std::vector<CaptureRecord>> CaptureBuffer::TakeBatch() {
  std::unique_lock lock(mutex_);
  while (!IsBatchDue()) {
    if (entries_.empty()) {
      filled_.wait(lock);
    } else {
      filled_.wait_until(lock, entries_.front().arrival + push_period_);
    }
  }
  if (entries_.empty()) return std::nullopt;
  std::vector<CaptureRecord> batch;
  const std::size_t count = std::min(batch_size_, entries_.size());
  batch.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    batch_bytes_ += entries_.front().bytes;
    batch.push_back(std::move(entries_.front().record));
    entries_.pop_front();
  }
  return batch;
}

void CaptureBuffer::Finish(const std::vector<std::string>& ids,
                           CaptureStatus status) {
  const std::lock_guard lock(mutex_);
  for (const std::string& id : ids) statuses_.Set(id, status);
  pending_count_ -= ids.size();
  metrics_.pending->Set(static_cast<double>(pending_count_));
  if (pending_count_ == 0) drained_.notify_all();
}

void CaptureBuffer::ReleaseBatch() {
  const std::lock_guard lock(mutex_);
  pending_bytes_ -= std::exchange(batch_bytes_, 0);
}

bool CaptureBuffer::Pause(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  if (drain_count_ == 0) {
    filled_.wait_for(lock, time,
                     [this] { return drain_count_ > 0 || closed_; });
  }
  if (drain_count_ > 0) {
    filled_.wait_for(lock, kPauseInDrain, [this] { return closed_; });
  }
  return !closed_;
}

void CaptureBuffer::SetOffline(bool offline) {
  const std::lock_guard lock(mutex_);
  offline_ = offline;
}

void CaptureBuffer::Drain(steady_clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  ++drain_count_;
  filled_.notify_all();
  drained_.wait_until(lock, deadline, [this] { return pending_count_ == 0; });
  --drain_count_;
}

void CaptureBuffer::Close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  filled_.notify_all();
}

}  // namespace skerry::agent
