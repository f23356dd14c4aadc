#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "skerry/agent/serving/inference.h"
#include "skerry/agent/serving/version_metrics.h"

namespace skerry::agent {

class Shadow;

/// A request that was accepted, with all that its answer needs.
struct PendingRequest {
  InferenceRequest request;
  InferenceCallback done;
  std::int64_t extent = 1;  ///< see RequestContract::Bind
  std::chrono::steady_clock::time_point accepted;
  std::shared_ptr<RequestMetrics> metrics;
  std::shared_ptr<Shadow> shadow;  ///< gets a copy; may be null
};

/// Requests move between lists without being copied, so that a queue's lock
/// is held for some pointers' worth of work.
using RequestList = std::list<PendingRequest>;

/// The requests that wait for one model version, and the instances that wait
/// for requests. Who gets an instance, by its number, has it alone until it is
/// given back: an instance's thread by `Take`, or the thread that brings a
/// request by `TryTakeIdle`.
///
/// Thread safety: thread-safe.
class RequestQueue {
 public:
  struct Options {
    std::size_t instance_count = 1;
    std::size_t length = 64;  ///< requests that may wait
    /// First extents of one batch make at most this together.
    std::int64_t batch_max = 1;
    /// How long the first of a batch waits for others.
    std::chrono::microseconds batch_delay{};
    std::shared_ptr<telemetry::Gauge> depth;  ///< is kept up to date
    std::shared_ptr<telemetry::Gauge> triton_depth;
  };

  enum class Verdict { kAccepted, kFull, kClosed };

  /// What an instance works on.
  struct Work {
    RequestList batch;  ///< to run together; may be empty
    /// Past their deadline or cancelled while they waited: to be refused.
    RequestList dead;
    std::optional<std::size_t> instance;  ///< that works on it
  };

  explicit RequestQueue(Options options)
      : options_(std::move(options)), is_busy_(options_.instance_count) {}

  /// Takes the only element of `request` if it can. Where the queue is full,
  /// requests that nobody waits for any more are moved into `dead` first; the
  /// caller refuses them.
  Verdict Push(RequestList& request, RequestList& dead);

  /// Gives back the instance that `work` held, and waits for work for it or, if
  /// the instance `preferred` is free, for that one. False if the queue is
  /// closed and empty: the thread may end.
  bool Take(std::size_t preferred, Work& work);

  /// Takes an instance that has nothing to do and the only element of
  /// `request`, which leaves the queue out. Not if the queue is closed or any
  /// request waits. After true, the caller must call `End`.
  bool TryTakeIdle(RequestList& request, Work& work);
  /// Gives back the instance that `work` held.
  void End(Work& work);

  /// From now on `Push` says kClosed. What waits is still handed out.
  void Close();
  /// Takes what waits; the caller refuses it.
  RequestList Clear();
  /// Until nothing waits and no instance works, or `deadline`. Whether so.
  bool WaitUntilIdle(std::chrono::steady_clock::time_point deadline);

 private:
  using Clock = std::chrono::steady_clock;

  void EndLocked(Work& work);
  void TakeInstance(std::size_t preferred, Work& work);
  void TakeBatch(Work& work, std::unique_lock<std::mutex>& lock);
  std::int64_t TakeFitting(Work& work, std::int64_t room);
  void DropDead(RequestList& dead);
  void ShowDepth();

  const Options options_;
  std::mutex mutex_;
  std::condition_variable first_;  ///< idle instances: there is a request
  std::condition_variable more_;   ///< the one that gathers a batch
  std::condition_variable idle_;   ///< see WaitUntilIdle
  RequestList waiting_;
  std::vector<bool> is_busy_;      ///< each instance
  std::size_t working_count_ = 0;  ///< how many are
  bool gathering_ = false;
  bool closed_ = false;
  Clock::time_point next_search_{};  ///< for dead requests, see Push
};

}  // namespace skerry::agent
