#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "skerry/agent/serving/instance.h"
#include "skerry/agent/serving/model_package.h"
#include "skerry/agent/serving/model_store.h"
#include "skerry/agent/serving/request_contract.h"
#include "skerry/agent/serving/request_queue.h"
#include "skerry/agent/serving/run_time.h"
#include "skerry/agent/serving/shadow.h"
#include "skerry/agent/serving/version_metrics.h"
#include "skerry/base/result.h"
#include "skerry/platform/thread.h"
#include "skerry/runtime/model.h"

namespace skerry::agent {

/// One version of a model that is being served: its queue, its instances, and
/// as many threads that run requests on them. Where handing a request over
/// would take longer than running it, the thread that brings it runs it, on an
/// instance that has nothing to do.
///
/// Thread safety: thread-safe.
class ModelVersion {
 public:
  struct Source {
    std::string alias;
    std::string version;
    ModelPackage package;
    ModelOptions options;
    std::string worker_program;
  };

  /// Returns when all instances are ready. Errors: see ModelStore::Load.
  static Result<std::shared_ptr<ModelVersion>> Create(
      Source source, telemetry::Registry& registry);

  ~ModelVersion();

  /// Runs a request on the thread that brings it if runs take at most this
  /// long: so long may they hold up the other requests that the thread reads.
  static constexpr auto kRunHereMax = std::chrono::microseconds(200);

  /// Takes `request`'s only element, or answers it, or says false: the version
  /// is closed, and the request is still the caller's.
  bool Accept(RequestList& request);

  /// No more requests; what waits is still run.
  void Close() { queue_.Close(); }
  /// Until nothing waits or runs, or `deadline`.
  bool WaitUntilIdle(std::chrono::steady_clock::time_point deadline) {
    return queue_.WaitUntilIdle(deadline);
  }
  /// Answers what waits with kUnavailable.
  void RefuseWaiting();
  /// `Close`, and returns when the last request has ended and the threads are
  /// gone. Called before the last reference goes, since that may be on any
  /// thread.
  void Finish();

  /// A shadow that runs this version's model.
  Result<std::shared_ptr<Shadow>> MakeShadow(telemetry::Registry& registry);

  const std::string& name() const { return source_.version; }
  const RequestContract& contract() const { return contract_; }
  const std::shared_ptr<RequestMetrics>& request_metrics() const {
    return request_metrics_;
  }
  ModelStatistics statistics() const { return metrics_.statistics(); }
  ModelDescription Describe() const;

 private:
  class Starting;

  ModelVersion(Source source, RequestContract contract,
               std::shared_ptr<const runtime::Model> model,
               telemetry::Registry& registry);

  RequestQueue::Options QueueOptions() const;
  Result<void> StartInstances();
  Result<std::unique_ptr<Executor>> MakeExecutor(
      const ExecutorOptions& options) const;
  Result<std::unique_ptr<Instance>> MakeInstance(std::size_t index);
  void InstanceLoop(std::size_t index, Starting& starting);
  bool RunHere(RequestList& request);
  bool MayRunHere(const PendingRequest& pending) const;
  void Run(RequestQueue::Work& work);

  const Source source_;
  const RequestContract contract_;
  const std::shared_ptr<const runtime::Model> model_;  ///< null if isolated
  mutable VersionMetrics metrics_;
  std::shared_ptr<RequestMetrics> request_metrics_;
  RunTime run_time_;
  RequestQueue queue_;
  /// Each made by its own thread; used by those who get it from the queue.
  std::vector<std::unique_ptr<Instance>> instances_;
  std::vector<platform::Thread> threads_;  ///< last: they use all of the above
};

}  // namespace skerry::agent
