#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "skerry/base/result.h"
#include "skerry/model/manifest.h"
#include "skerry/runtime/model.h"

namespace skerry::agent {

/// One place where a model can run: memory and threads of its own.
///
/// Thread safety: bound to one thread at a time.
class Executor {
 public:
  virtual ~Executor() = default;

  /// Runs the model once. `inputs[i]` and `outputs[i]` have exactly the bytes
  /// of the manifest's inputs and outputs. Inputs are aligned to 64 bytes or
  /// to their element type; outputs have any alignment that suits theirs.
  ///
  /// Errors: kUnavailable if the worker process that ran it died; it is
  /// restarted by the next call. kInternal for anything else.
  virtual Result<void> Run(std::span<const std::span<const std::byte>> inputs,
                           std::span<const std::span<std::byte>> outputs) = 0;
};

struct ExecutorOptions {
  int thread_count = 1;  ///< 0: all CPUs
  /// CPUs that the executor's threads are pinned to; empty: not pinned. The
  /// calling thread is pinned by its owner, not by the executor.
  std::vector<int> cores;
};

/// In this process, by a session of the runtime.
Result<std::unique_ptr<Executor>> CreateSessionExecutor(
    std::shared_ptr<const runtime::Model> model,
    const ExecutorOptions& options);

/// In a worker process: `program` is started with the arguments
/// {"--worker", model path, ...} and killed with this object. Inputs and
/// outputs go through memory that both map. A worker that dies takes one
/// request with it and is started anew, with growing pauses (to 5 s) if it
/// dies again and again.
///
/// Errors: as runtime::Model::LoadFile, told by the worker; kUnavailable if
/// the worker does not come up within 10 s.
Result<std::unique_ptr<Executor>> CreateWorkerExecutor(
    const std::string& program, const std::string& model_path,
    const Manifest& manifest, const ExecutorOptions& options);

/// What a program does that was started with "--worker": serves its parent
/// until that closes the connection. `arguments` are those after "--worker".
/// Returns the exit code.
int RunWorker(std::span<const std::string> arguments);

}  // namespace skerry::agent
