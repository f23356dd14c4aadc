#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <shared_mutex>
#include <unordered_map>

#include "skerry/base/result.h"
#include "skerry/platform/shared_memory.h"

namespace skerry::agent {

/// Attachments of System V segments kept for the next request. Attaching anew
/// costs system calls and a page fault for each few pages read.
inline constexpr std::size_t kSystemVAttachmentCountMax = 64;

/// The attachments, least recently used first to go.
///
/// An attachment keeps a segment's memory although its client is gone, so
/// `Sweep` must be called now and then while any is kept.
///
/// Thread safety: thread-safe.
class SystemVCache {
 public:
  using Clock = std::chrono::steady_clock;

  /// An attachment that nobody uses is kept as long as this.
  static constexpr std::chrono::seconds kIdle{10};

  /// The attachment of segment `id`; null if none is kept. Its segment is the
  /// one that has the number now: numbers do not pass to others meanwhile.
  std::shared_ptr<const platform::SharedMemory> Find(int id);

  /// Keeps `memory` as that of segment `id`.
  void Keep(int id, std::shared_ptr<const platform::SharedMemory> memory);

  /// Detaches what has been idle, and what was marked for removal and has no
  /// attachment but ours. Returns how many are left.
  std::size_t Sweep(Clock::time_point now);

 private:
  struct Entry {
    std::shared_ptr<const platform::SharedMemory> memory;
    std::atomic<Clock::time_point> used;
  };
  using Map = std::unordered_map<int, Entry>;

  Map::node_type TakeOldest();

  std::shared_mutex mutex_;  // held exclusively to change the map only
  Map entries_;
};

}  // namespace skerry::agent
