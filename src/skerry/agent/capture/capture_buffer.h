#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "skerry/agent/capture/capture.h"
#include "skerry/agent/capture/capture_metrics.h"
#include "skerry/agent/capture/status_table.h"
#include "skerry/base/result.h"

namespace skerry::agent {

/// The records that wait to be written, and what became of the others. Many
/// threads put records in; one takes them out in batches.
///
/// Thread safety: thread-safe.
class CaptureBuffer {
 public:
  CaptureBuffer(const CaptureOptions& options, CaptureMetrics& metrics);

  /// Takes a record that passed `CheckRecord`. Errors: kAlreadyExists,
  /// kResourceExhausted, kFailedPrecondition, as `Capture::Accept`.
  Result<void> Add(CaptureRecord record);

  CaptureStatus Status(std::string_view id) const;

  /// Waits for a full batch, for the end of a record's push period, or for a
  /// drain. The records count as in the buffer until `Finish`. Nothing: the
  /// buffer was closed, and is empty.
  std::optional<std::vector<CaptureRecord>> TakeBatch();

  /// The records of a batch with these ids are written, or given up.
  void Finish(const std::vector<std::string>& ids, CaptureStatus status);

  /// All memory that the last batch took is free.
  void ReleaseBatch();

  /// Waits before another try, not for long while somebody drains. False: the
  /// buffer was closed; give up.
  bool Pause(std::chrono::milliseconds time);

  /// While offline, `Add` takes nothing.
  void SetOffline(bool offline);

  /// Hurries until nothing is pending, or `deadline`.
  void Drain(std::chrono::steady_clock::time_point deadline);

  /// Lets the thread that takes batches end: what it cannot write at once is
  /// to be given up.
  void Close();

 private:
  struct Entry {
    CaptureRecord record;
    std::size_t bytes;
    std::chrono::steady_clock::time_point arrival;
  };

  Result<void> AddLocked(CaptureRecord record, std::size_t bytes);
  bool IsBatchDue() const;

  const std::size_t count_max_;
  const std::size_t batch_size_;
  const std::chrono::seconds push_period_;
  CaptureMetrics& metrics_;

  mutable std::mutex mutex_;
  std::condition_variable filled_;   // for who takes batches
  std::condition_variable drained_;  // for who waits in `Drain`
  std::deque<Entry> entries_;
  StatusTable statuses_;
  std::size_t pending_count_ = 0;  // in `entries_` and in the batch
  std::size_t pending_bytes_ = 0;
  std::size_t batch_bytes_ = 0;
  int drain_count_ = 0;
  bool offline_ = false;
  bool closed_ = false;
};

}  // namespace skerry::agent
