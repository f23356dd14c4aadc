#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>

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
/// for requests.
///
/// Thread safety: thread-safe.
class RequestQueue {
 public:
  struct Options {
    std::size_t length = 64;  ///< requests that may wait
    /// First extents of one batch make at most this together.
    std::int64_t batch_max = 1;
    /// How long the first of a batch waits for others.
    std::chrono::microseconds batch_delay{};
    std::shared_ptr<telemetry::Gauge> depth;  ///< is kept up to date
    std::shared_ptr<telemetry::Gauge> triton_depth;
  };

  enum class Verdict { kAccepted, kFull, kClosed };

  /// What an instance works on, between two calls of `Take`.
  struct Work {
    RequestList batch;  ///< to run together; may be empty
    /// Past their deadline or cancelled while they waited: to be refused.
    RequestList dead;
    bool counted = false;
  };

  explicit RequestQueue(Options options) : options_(std::move(options)) {}

  /// Takes the only element of `request` if it can. Where the queue is full,
  /// requests that nobody waits for any more are moved into `dead` first; the
  /// caller refuses them.
  Verdict Push(RequestList& request, RequestList& dead);

  /// Ends the work that `work` held, and waits for more. False if the queue is
  /// closed and empty: the instance may end.
  bool Take(Work& work);

  /// From now on `Push` says kClosed. What waits is still handed out.
  void Close();
  /// Takes what waits; the caller refuses it.
  RequestList Clear();
  /// Until nothing waits and no instance works, or `deadline`. Whether so.
  bool WaitUntilIdle(std::chrono::steady_clock::time_point deadline);

 private:
  using Clock = std::chrono::steady_clock;

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
  std::size_t working_count_ = 0;  ///< instances between two `Take`
  bool gathering_ = false;
  bool closed_ = false;
  Clock::time_point next_search_{};  ///< for dead requests, see Push
};

}  // namespace skerry::agent
