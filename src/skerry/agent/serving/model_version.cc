#include "skerry/agent/serving/model_version.h"

#include <condition_variable>
#include <cstdint>
#include <limits>
#include <mutex>
#include <utility>

#include "skerry/agent/serving/affinity.h"
#include "skerry/platform/cpu.h"
#include "skerry/platform/errno_error.h"
#include "skerry/platform/process.h"

namespace skerry::agent {
namespace {

// To hand a request over takes its thread about as long as a run like this.
constexpr auto kShortRun = std::chrono::microseconds(10);

// Whether the calling thread has waited for something to do since this said so
// before. One that has not has more to read, and instances may work meanwhile.
bool ThreadHasTime() {
  thread_local std::uint64_t waits_before =
      std::numeric_limits<std::uint64_t>::max();
  const std::uint64_t waits = platform::ThreadWaitCount();
  return std::exchange(waits_before, waits) != waits;
}

}  // namespace

// What the instances tell the one who starts them.
class ModelVersion::Starting {
 public:
  void Report(Result<void> result) {
    const std::lock_guard lock(mutex_);
    ++reported_;
    if (!result && result_) result_ = std::move(result);
    changed_.notify_all();
  }

  Result<void> WaitFor(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return reported_ == count; });
    return result_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t reported_ = 0;
  Result<void> result_;
};

Result<std::shared_ptr<ModelVersion>> ModelVersion::Create(
    Source source, telemetry::Registry& registry) {
  SKERRY_ASSIGN_OR_RETURN(
      RequestContract contract,
      RequestContract::Create(source.package.manifest,
                              source.options.batch_delay.has_value()));
  std::shared_ptr<const runtime::Model> model;
  if (!source.options.isolate) {
    SKERRY_ASSIGN_OR_RETURN(
        model, runtime::Model::LoadFile(source.package.model_path));
    // The folder may have changed since it was looked at.
    if (model->manifest() != source.package.manifest) {
      return FailedPrecondition(platform::Quoted(source.package.model_path) +
                                " changed while it was loaded");
    }
  }
  std::shared_ptr<ModelVersion> version(new ModelVersion(
      std::move(source), std::move(contract), std::move(model), registry));
  SKERRY_RETURN_IF_ERROR(version->StartInstances());
  return version;
}

ModelVersion::ModelVersion(Source source, RequestContract contract,
                           std::shared_ptr<const runtime::Model> model,
                           telemetry::Registry& registry)
    : source_(std::move(source)),
      contract_(std::move(contract)),
      model_(std::move(model)),
      metrics_(registry, source_.alias, source_.version),
      request_metrics_(std::make_shared<RequestMetrics>(
          registry, source_.alias, source_.version, /*arm=*/"")),
      queue_(QueueOptions()),
      instances_(static_cast<std::size_t>(source_.options.instance_count)) {}

ModelVersion::~ModelVersion() { Finish(); }

RequestQueue::Options ModelVersion::QueueOptions() const {
  RequestQueue::Options options;
  options.instance_count =
      static_cast<std::size_t>(source_.options.instance_count);
  options.length = source_.options.queue_length;
  options.batch_max = contract_.batch_max();
  options.batch_delay =
      source_.options.batch_delay.value_or(std::chrono::microseconds(0));
  options.depth = metrics_.pending();
  options.triton_depth = metrics_.triton_pending();
  return options;
}

Result<void> ModelVersion::StartInstances() {
  constexpr std::size_t kNameBytes = 11;  // of the 15 that threads have
  Starting starting;
  Result<void> started;
  for (std::size_t i = 0; started && i < instances_.size(); ++i) {
    auto thread = platform::Thread::Start(
        source_.alias.substr(0, kNameBytes) + "/" + std::to_string(i),
        [this, i, &starting] { InstanceLoop(i, starting); });
    if (thread) {
      threads_.push_back(*std::move(thread));
    } else {
      started = thread.error();
    }
  }
  const Result<void> ready = starting.WaitFor(threads_.size());
  return started ? ready : started;
}

Result<std::unique_ptr<Executor>> ModelVersion::MakeExecutor(
    const ExecutorOptions& options) const {
  if (!source_.options.isolate) return CreateSessionExecutor(model_, options);
  return CreateWorkerExecutor(source_.worker_program,
                              source_.package.model_path, contract_.manifest(),
                              options);
}

// Instances take the cores in turn, each as many as it has threads.
Result<std::unique_ptr<Instance>> ModelVersion::MakeInstance(
    std::size_t index) {
  const ModelOptions& options = source_.options;
  ExecutorOptions executor_options;
  executor_options.thread_count = options.thread_count;
  const int thread_count = options.thread_count == 0
                               ? platform::AvailableCpuCount()
                               : options.thread_count;
  for (int i = 0; i < thread_count && !options.cores.empty(); ++i) {
    const std::size_t turn = index * static_cast<std::size_t>(thread_count) +
                             static_cast<std::size_t>(i);
    const int core = options.cores[turn % options.cores.size()];
    if (i == 0) SKERRY_RETURN_IF_ERROR(platform::PinThisThread({&core, 1}));
    if (i > 0 || options.isolate) executor_options.cores.push_back(core);
  }
  SKERRY_ASSIGN_OR_RETURN(std::unique_ptr<Executor> executor,
                          MakeExecutor(executor_options));
  return Instance::Create(
      {source_.alias, source_.version, contract_, metrics_, run_time_},
      std::move(executor));
}

void ModelVersion::InstanceLoop(std::size_t index, Starting& starting) {
  auto instance = MakeInstance(index);
  if (!instance) return starting.Report(instance.error());
  instances_[index] = *std::move(instance);
  starting.Report({});
  RequestQueue::Work work;
  while (queue_.Take(index, work)) Run(work);
}

void ModelVersion::Run(RequestQueue::Work& work) {
  for (PendingRequest& dead : work.dead) {
    RefuseRequest(dead, DeadRequestError(dead.request), metrics_);
  }
  work.dead.clear();
  if (!work.batch.empty()) instances_[*work.instance]->Run(work.batch);
}

bool ModelVersion::RunHere(RequestList& request) {
  if (!MayRunHere(request.front())) return false;
  RequestQueue::Work work;
  if (!queue_.TryTakeIdle(request, work)) return false;
  Run(work);
  queue_.End(work);
  return true;
}

bool ModelVersion::MayRunHere(const PendingRequest& pending) const {
  const ModelOptions& options = source_.options;
  // A process that dies, or a batch that gathers, takes its time; a pinned
  // thread has its CPU for itself; and a shadow's copies are made on the way.
  if (options.isolate || !options.cores.empty() || contract_.batching() ||
      pending.shadow != nullptr) {
    return false;
  }
  const auto mean = run_time_.mean();
  if (!mean.has_value() || *mean > kRunHereMax) return false;
  return *mean <= kShortRun || ThreadHasTime();
}

bool ModelVersion::Accept(RequestList& request) {
  PendingRequest& pending = request.front();
  auto extent = contract_.Bind(pending.request);
  if (!extent) {
    RefuseRequest(pending, std::move(extent).error(), metrics_);
    request.clear();
    return true;
  }
  pending.extent = *extent;
  if (RunHere(request)) return true;
  RequestList dead;
  const RequestQueue::Verdict verdict = queue_.Push(request, dead);
  for (PendingRequest& refused : dead) {
    RefuseRequest(refused, DeadRequestError(refused.request), metrics_);
  }
  if (verdict == RequestQueue::Verdict::kClosed) return false;
  if (verdict == RequestQueue::Verdict::kFull) {
    RefuseRequest(
        pending,
        ResourceExhausted("model '" + source_.alias +
                          "': " + std::to_string(source_.options.queue_length) +
                          " requests wait already; raise its queue_length, "
                          "or its instance count"),
        metrics_);
    request.clear();
  }
  return true;
}

void ModelVersion::RefuseWaiting() {
  RequestList waiting = queue_.Clear();
  for (PendingRequest& pending : waiting) {
    RefuseRequest(pending, Unavailable("the agent is shutting down"), metrics_);
  }
}

void ModelVersion::Finish() {
  Close();
  WaitUntilIdle(std::chrono::steady_clock::time_point::max());
  threads_.clear();
  instances_.clear();
}

Result<std::shared_ptr<Shadow>> ModelVersion::MakeShadow(
    telemetry::Registry& registry) {
  return Shadow::Create(
      source_.alias, source_.version, contract_,
      [this] { return MakeExecutor({.thread_count = 1, .cores = {}}); },
      registry);
}

ModelDescription ModelVersion::Describe() const {
  ModelDescription description;
  description.alias = source_.alias;
  description.version = source_.version;
  description.folder = source_.package.folder;
  description.package_name = source_.package.name;
  description.inputs = contract_.manifest().inputs;
  description.outputs = contract_.manifest().outputs;
  description.options = source_.options;
  return description;
}

}  // namespace skerry::agent
