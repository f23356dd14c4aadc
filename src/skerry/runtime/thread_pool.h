#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

#include "skerry/base/result.h"
#include "skerry/model/abi.h"
#include "skerry/platform/thread.h"

namespace skerry::runtime {

/// A pool has at most this many threads, the caller among them.
inline constexpr int kThreadCountMax = 256;

/// Runs the pieces of a model's work on several threads. The caller takes
/// part, so a pool of one starts no thread. Between two calls the workers
/// look out for more work for a while (`spin`) and then sleep, so an idle
/// pool uses no CPU.
///
/// A call waits for pieces that others have begun, never for a worker that
/// has not come: when the system gives the CPUs to somebody else, the caller
/// does the work alone.
///
/// Thread safety: thread-compatible. `ParallelFor` allocates nothing and
/// takes no lock.
class ThreadPool {
 public:
  /// Starts `thread_count - 1` workers.
  ///
  /// Errors: kInvalidArgument if `thread_count` is not in
  /// [1, kThreadCountMax]; kResourceExhausted if the system refuses a thread
  /// (those already started are gone then).
  static Result<std::unique_ptr<ThreadPool>> Create(
      int thread_count, std::chrono::microseconds spin);

  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;
  ~ThreadPool();

  int thread_count() const { return static_cast<int>(workers_.size()) + 1; }

  /// Runs `task(argument, i, worker)` once for each i in [0, count), and
  /// returns when all are done. The caller is worker 0. A task must not call
  /// this itself.
  void ParallelFor(std::int64_t count, SkerryTask task, void* argument);

 private:
  // Pieces are handed out by taking one from `left` of the current ticket. A
  // piece that is left keeps its job alive, so a worker that finds one, reads
  // the job and then takes the piece with the same ticket has read the right
  // job; see Work.
  struct Ticket {
    std::uint32_t generation;
    std::uint32_t left;
  };

  explicit ThreadPool(std::chrono::microseconds spin) : spin_(spin) {}

  void RunSlice(std::uint32_t count, std::int64_t first, SkerryTask task,
                void* argument);
  void Work(std::uint32_t generation, std::int32_t worker);
  void WaitForPieces(std::uint32_t count);
  void WorkerLoop(std::int32_t worker);
  std::uint32_t WaitForGeneration(std::uint32_t seen);

  // Whether `done()` became true within the spin time.
  template <class Done>
  bool Spin(Done done) const;

  static constexpr std::size_t kLineBytes = 64;

  const std::chrono::microseconds spin_;

  // The job, written by the caller while no piece is left.
  std::atomic<SkerryTask> task_ = nullptr;
  std::atomic<void*> argument_ = nullptr;
  std::atomic<std::int64_t> first_ = 0;
  std::atomic<std::uint32_t> count_ = 0;

  alignas(kLineBytes) std::atomic<Ticket> ticket_ = Ticket{0, 0};
  alignas(kLineBytes) std::atomic<std::uint32_t> finished_ = 0;  // pieces
  std::atomic<std::uint32_t> caller_sleeps_ = 0;
  // Changes with each job, and to end the workers. They sleep on it.
  alignas(kLineBytes) std::atomic<std::uint32_t> generation_ = 0;
  std::atomic<int> sleeping_count_ = 0;
  std::atomic<bool> stopping_ = false;

  std::vector<platform::Thread> workers_;  // last: they use all of the above
};

}  // namespace skerry::runtime
