#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "skerry/base/result.h"
#include "skerry/model/abi.h"
#include "skerry/platform/mapping.h"
#include "skerry/runtime/model.h"
#include "skerry/runtime/thread_pool.h"

namespace skerry::runtime {

/// How a session runs.
struct SessionOptions {
  /// Threads that work on one run, the caller among them; 1 starts none, 0
  /// stands for as many as this process may use CPUs.
  int thread_count = 1;
  /// How long threads look out for work before they sleep. A session with
  /// more threads than CPUs does not spin at all.
  std::chrono::microseconds spin = std::chrono::microseconds(50);
  /// What the session may take: arena, scratch and outputs together.
  std::uint64_t memory_bytes_max = std::uint64_t{4} << 30;
};

/// Runs one model. A session takes all the memory and threads it needs when
/// it is created; `Run` allocates nothing, takes no lock and writes no log.
/// Results do not depend on the thread count. The floating-point environment
/// (rounding, denormals) is the caller's and is left alone; it should be the
/// default one, as it is on the session's own threads.
///
/// Thread safety: thread-compatible. Calls on one session must not overlap.
/// Sessions that share a `Model` may run in parallel, since it is immutable.
class Session {
 public:
  /// Takes memory and threads for `model`, which the session keeps alive.
  ///
  /// Errors:
  ///   kResourceExhausted  the model needs more than `memory_bytes_max`, or
  ///                       the system has no memory or no thread to give
  ///   kInvalidArgument    the thread count is negative or too large
  static Result<Session> Create(std::shared_ptr<const Model> model,
                                const SessionOptions& options);

  /// Runs the model once. `inputs[i]` holds the elements of
  /// `manifest().inputs[i]`, dense and row-major, and so `outputs[i]` takes
  /// those of `manifest().outputs[i]`. Buffers are aligned to their element
  /// type, and no output overlaps another buffer.
  ///
  /// Errors: kInvalidArgument names the buffer that does not fit the model.
  /// The session stays usable.
  Result<void> Run(std::span<const std::span<const std::byte>> inputs,
                   std::span<const std::span<std::byte>> outputs);

  /// The same, into buffers of the session's own, see `output`.
  Result<void> Run(std::span<const std::span<const std::byte>> inputs);

  /// The same, layer by layer: `times[i]` becomes how long the i-th layer of
  /// the manifest took, the reading of the clock with it (some 30 ns).
  ///
  /// Errors: also kInvalidArgument if there are not as many times as layers;
  /// kFailedPrecondition as `Model::FindRunLayer`.
  Result<void> RunLayers(std::span<const std::span<const std::byte>> inputs,
                         std::span<std::chrono::nanoseconds> times);

  /// What the last `Run` into the session's own buffers left in the `i`-th;
  /// zeros before. Aligned to 64 bytes. The view is valid while the session
  /// lives, its content until the next such run.
  std::span<const std::byte> output(std::size_t i) const {
    return own_outputs_[i];
  }

  const Model& model() const { return *model_; }
  int thread_count() const { return pool_->thread_count(); }

 private:
  Session(std::shared_ptr<const Model> model, platform::Mapping memory,
          std::unique_ptr<ThreadPool> pool);

  // Checks the buffers and keeps their addresses for `MakeCall`.
  Result<void> Bind(std::span<const std::span<const std::byte>> inputs,
                    std::span<const std::span<std::byte>> outputs);
  SkerryCall MakeCall(const SkerryHost& host);

  std::shared_ptr<const Model> model_;
  // Arena, then the threads' scratch blocks, then the session's own outputs.
  platform::Mapping memory_;
  std::unique_ptr<ThreadPool> pool_;
  std::vector<std::span<std::byte>> own_outputs_;
  // What a run hands over, kept so that it need not allocate.
  std::vector<const void*> input_pointers_;
  std::vector<void*> output_pointers_;
};

}  // namespace skerry::runtime
