#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "skerry/agent/serving/executor.h"
#include "skerry/agent/serving/inference.h"
#include "skerry/agent/serving/request_contract.h"
#include "skerry/agent/serving/scratch.h"
#include "skerry/base/result.h"
#include "skerry/platform/thread.h"
#include "skerry/telemetry/metrics.h"

namespace skerry::agent {

/// Runs a candidate on copies of requests that another version has answered,
/// on one thread that only gets CPU time that nobody else wants, and counts
/// how often both agree. It never makes a request wait for it: while it is
/// busy, requests are dropped and counted.
///
/// Thread safety: thread-safe.
class Shadow {
 public:
  /// Makes the candidate's executor, on the shadow's own thread.
  using MakeExecutor = std::function<Result<std::unique_ptr<Executor>>()>;

  /// Returns once the thread is ready.
  static Result<std::shared_ptr<Shadow>> Create(const std::string& alias,
                                                const std::string& version,
                                                const RequestContract& contract,
                                                MakeExecutor make_executor,
                                                telemetry::Registry& registry);

  ~Shadow() { Stop(); }

  /// Takes a copy of the inputs (in the model's order) if it is free.
  /// `answer` is what the incumbent's first output was.
  void Offer(std::span<const InputTensor> inputs,
             std::span<const std::byte> answer);

  /// Ends the thread; later offers are dropped. Called before the last
  /// reference goes, since that may be on any thread.
  void Stop();

 private:
  enum class State { kStarting, kFree, kBusy, kStopping };

  Shadow(const std::string& alias, const std::string& version,
         const RequestContract& contract, Scratch scratch,
         telemetry::Registry& registry);

  Result<void> Start(MakeExecutor make_executor);
  void Loop(const MakeExecutor& make_executor, Result<void>& started);
  void RunOnce(Executor& executor);

  const std::string version_;
  const RequestContract contract_;
  const Scratch scratch_;
  std::shared_ptr<telemetry::Counter> runs_, failures_, dropped_;
  std::shared_ptr<telemetry::Counter> compared_, agreed_;

  std::mutex mutex_;
  std::condition_variable changed_;
  State state_ = State::kStarting;
  std::size_t answer_bytes_ = 0;
  std::optional<std::size_t> best_;  ///< of the incumbent's answer
  std::optional<platform::Thread> thread_;
};

/// The place of the largest value; nothing if `bytes` are not few float32.
std::optional<std::size_t> BestOf(DataType type,
                                  std::span<const std::byte> bytes);

}  // namespace skerry::agent
