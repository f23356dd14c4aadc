#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "skerry/agent/serving/executor.h"
#include "skerry/agent/serving/request_contract.h"
#include "skerry/agent/serving/request_queue.h"
#include "skerry/agent/serving/run_time.h"
#include "skerry/agent/serving/scratch.h"
#include "skerry/agent/serving/version_metrics.h"

namespace skerry::agent {

/// What the instances of one model version share. Outlives them.
struct InstanceContext {
  std::string alias;
  std::string version;
  const RequestContract& contract;
  VersionMetrics& metrics;
  RunTime& run_time;
};

/// Answers requests to one model version, one batch at a time. Inputs that
/// are aligned are used where they are, but for integers in shared memory, and
/// outputs are written where they are wanted; all else goes through memory that
/// is taken once.
///
/// Thread safety: bound to one thread at a time.
class Instance {
 public:
  /// kResourceExhausted.
  static Result<std::unique_ptr<Instance>> Create(
      const InstanceContext& context, std::unique_ptr<Executor> executor);

  /// Runs the model once for all of `batch`, whose extents make at most the
  /// contract's `batch_max`, and answers each.
  void Run(RequestList& batch);

 private:
  using Clock = std::chrono::steady_clock;

  // When the phases of a run began, and it ended.
  struct Marks {
    Clock::time_point taken, input_ready, ran, done;
  };

  Instance(const InstanceContext& context, std::unique_ptr<Executor> executor,
           Scratch scratch);

  void RunOne(PendingRequest& pending);
  void RunTogether(RequestList& batch);
  void BindInputs(const PendingRequest& pending);
  void GatherInputs(const RequestList& batch);
  Result<std::vector<OutputTensor>> MakeOutputs(
      const PendingRequest& pending) const;
  void BindOutputs(const PendingRequest& pending,
                   std::vector<OutputTensor>& outputs);
  void CopyBoundOutputs(const PendingRequest& pending,
                        std::vector<OutputTensor>& outputs) const;
  void CopyRows(const PendingRequest& pending, std::int64_t first_row,
                std::vector<OutputTensor>& outputs) const;
  Result<void> Execute();
  void OfferToShadow(const PendingRequest& pending,
                     std::int64_t first_row) const;
  void Answer(PendingRequest& pending, std::vector<OutputTensor> outputs,
              const Marks& marks);
  void Refuse(PendingRequest& pending, Error error);

  const InstanceContext context_;
  const std::unique_ptr<Executor> executor_;
  const Scratch scratch_;
  // What one run hands over, kept so that it need not allocate.
  std::vector<std::span<const std::byte>> inputs_;
  std::vector<std::span<std::byte>> outputs_;
};

/// Answers `pending` with `error`, and counts it.
void RefuseRequest(PendingRequest& pending, Error error,
                   VersionMetrics& metrics);

/// The error of a request that is not run because of `now` or its client.
Error DeadRequestError(const InferenceRequest& request);

}  // namespace skerry::agent
