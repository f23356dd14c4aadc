#include "agent_load.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <limits>
#include <memory>
#include <utility>

#include "random_inputs.h"
#include "skerry/agent/client/client.h"
#include "skerry/platform/thread.h"

namespace skerry::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kWarmUpRequests = 20;
constexpr std::size_t kRequestsPerClientMax = 5'000'000;

std::uint32_t Clamped(std::chrono::nanoseconds time) {
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(
      time.count(), 0, std::numeric_limits<std::uint32_t>::max()));
}

/// One client: a connection with the model prepared and its inputs filled.
class Worker {
 public:
  static Result<Worker> Create(const AgentLoad& load) {
    Worker worker;
    SKERRY_ASSIGN_OR_RETURN(
        worker.client_,
        agent::Client::Connect(load.socket,
                               {.shared_memory = load.shared_memory}));
    SKERRY_ASSIGN_OR_RETURN(const agent::RemoteModel model,
                            worker.client_->Describe(load.model));
    SKERRY_RETURN_IF_ERROR(worker.client_->Prepare(model));
    const std::vector<Tensor> inputs = RandomInputs(model.inputs);
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      std::ranges::copy(inputs[i].bytes(), worker.client_->input(i).begin());
    }
    for (int i = 0; i < kWarmUpRequests; ++i) {
      SKERRY_RETURN_IF_ERROR(worker.client_->Run());
    }
    return worker;
  }

  /// Asks until `end`, or until somebody failed.
  Result<void> AskUntil(Clock::time_point end, const std::atomic<bool>& stop) {
    Clock::time_point start = Clock::now();
    while (start < end && requests_.size() < kRequestsPerClientMax && !stop) {
      SKERRY_RETURN_IF_ERROR(client_->Run());
      const Clock::time_point now = Clock::now();
      requests_.push_back(
          {Clamped(now - start), Clamped(client_->model_time())});
      start = now;
    }
    return {};
  }

  const std::vector<RequestTime>& requests() const { return requests_; }

 private:
  std::unique_ptr<agent::Client> client_;
  std::vector<RequestTime> requests_;
};

/// All clients of one load.
class Crowd {
 public:
  explicit Crowd(const AgentLoad& load)
      : load_(load), faults_(static_cast<std::size_t>(load.clients)) {}

  Result<AgentLoadResult> Run() {
    for (int i = 0; i < load_.clients; ++i) {
      SKERRY_ASSIGN_OR_RETURN(Worker worker, Worker::Create(load_));
      workers_.push_back(std::move(worker));
    }
    start_ = Clock::now();
    SKERRY_RETURN_IF_ERROR(RunThreads());
    const std::chrono::duration<double> passed = Clock::now() - start_;
    AgentLoadResult result{.requests = {}, .seconds = passed.count()};
    for (std::size_t i = 0; i < workers_.size(); ++i) {
      SKERRY_RETURN_IF_ERROR(faults_[i]);
      const std::vector<RequestTime>& requests = workers_[i].requests();
      result.requests.insert(result.requests.end(), requests.begin(),
                             requests.end());
    }
    return result;
  }

 private:
  Result<void> RunThreads() {
    const Clock::time_point end =
        start_ + std::chrono::duration_cast<Clock::duration>(
                     std::chrono::duration<double>(load_.seconds));
    std::vector<platform::Thread> threads;
    for (std::size_t i = 0; i < workers_.size(); ++i) {
      auto thread = platform::Thread::Start("client", [this, i, end] {
        faults_[i] = workers_[i].AskUntil(end, stop_);
        if (!faults_[i]) stop_ = true;
      });
      if (!thread) {
        stop_ = true;  // the others, which are joined as this returns
        return thread.error();
      }
      threads.push_back(*std::move(thread));
    }
    return {};
  }

  AgentLoad load_;
  std::vector<Worker> workers_;
  std::vector<Result<void>> faults_;
  std::atomic<bool> stop_ = false;
  Clock::time_point start_;
};

}  // namespace

Result<AgentLoadResult> RunAgentLoad(const AgentLoad& load) {
  return Crowd(load).Run();
}

}  // namespace skerry::cli
