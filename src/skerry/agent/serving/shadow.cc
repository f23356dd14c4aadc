#include "skerry/agent/serving/shadow.h"

#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace skerry::agent {
namespace {

// Answers with more elements than this are not compared: it would delay them.
constexpr std::size_t kComparedElementsMax = std::size_t{64} << 10;
constexpr int kNicest = 19;

// Refusals are of no consequence but more share of the CPU.
void BecomeIdle() {
  const sched_param parameters{};
  sched_setscheduler(0, SCHED_IDLE, &parameters);
  setpriority(PRIO_PROCESS, 0, kNicest);  // Linux: of this thread
}

}  // namespace

std::optional<std::size_t> BestOf(DataType type,
                                  std::span<const std::byte> bytes) {
  const std::size_t count = bytes.size() / sizeof(float);
  if (type != DataType::kFloat32 || count == 0 ||
      count > kComparedElementsMax) {
    return std::nullopt;
  }
  std::size_t best = 0;
  float best_value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    float value = 0;
    std::memcpy(&value, bytes.data() + i * sizeof value, sizeof value);
    if (i > 0 && !(value > best_value)) continue;
    best = i;
    best_value = value;
  }
  return best;
}

Shadow::Shadow(const std::string& alias, const std::string& version,
               const RequestContract& contract, Scratch scratch,
               telemetry::Registry& registry)
    : version_(version), contract_(contract), scratch_(std::move(scratch)) {
  const telemetry::Labels labels = {{"model", alias}, {"version", version}};
  const auto outcome = [&](const char* label) {
    telemetry::Labels all = labels;
    all.emplace_back("outcome", label);
    return registry.AddCounter("skerry_shadow_requests_total",
                               "Requests that a shadow could have copied.",
                               std::move(all));
  };
  runs_ = outcome("run");
  failures_ = outcome("failed");
  dropped_ = outcome("dropped");
  compared_ = registry.AddCounter(
      "skerry_shadow_comparisons_total",
      "Answers of a shadow that were compared with the incumbent's.", labels);
  agreed_ = registry.AddCounter(
      "skerry_shadow_agreement_total",
      "Answers whose largest element was where the incumbent's was.", labels);
}

Result<std::shared_ptr<Shadow>> Shadow::Create(const std::string& alias,
                                               const std::string& version,
                                               const RequestContract& contract,
                                               MakeExecutor make_executor,
                                               telemetry::Registry& registry) {
  SKERRY_ASSIGN_OR_RETURN(Scratch scratch,
                          Scratch::Create(contract.manifest()));
  std::shared_ptr<Shadow> shadow(
      new Shadow(alias, version, contract, std::move(scratch), registry));
  SKERRY_RETURN_IF_ERROR(shadow->Start(std::move(make_executor)));
  return shadow;
}

Result<void> Shadow::Start(MakeExecutor make_executor) {
  Result<void> started;
  SKERRY_ASSIGN_OR_RETURN(
      thread_, platform::Thread::Start("shadow " + version_,
                                       [this, make = std::move(make_executor),
                                        &started] { Loop(make, started); }));
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return state_ != State::kStarting; });
  return started;
}

void Shadow::Loop(const MakeExecutor& make_executor, Result<void>& started) {
  BecomeIdle();
  auto executor = make_executor();
  std::unique_lock lock(mutex_);
  if (!executor) started = executor.error();
  state_ = executor ? State::kFree : State::kStopping;
  changed_.notify_all();
  while (true) {
    changed_.wait(lock, [this] { return state_ >= State::kBusy; });
    if (state_ == State::kStopping) return;
    lock.unlock();
    RunOnce(**executor);
    lock.lock();
    if (state_ == State::kBusy) state_ = State::kFree;
  }
}

void Shadow::RunOnce(Executor& executor) {
  const Manifest& manifest = contract_.manifest();
  std::vector<std::span<const std::byte>> inputs;
  std::vector<std::span<std::byte>> outputs;
  for (std::size_t i = 0; i < manifest.inputs.size(); ++i) {
    inputs.push_back(scratch_.input(i));
  }
  for (std::size_t i = 0; i < manifest.outputs.size(); ++i) {
    outputs.push_back(scratch_.output(i));
  }
  if (!executor.Run(inputs, outputs)) return failures_->Add();
  runs_->Add();
  if (!best_) return;
  compared_->Add();
  const std::optional<std::size_t> own =
      BestOf(manifest.outputs[0].type.type,
             scratch_.output(0).first(
                 std::min(answer_bytes_, scratch_.output(0).size())));
  if (own == best_) agreed_->Add();
}

void Shadow::Offer(std::span<const InputTensor> inputs,
                   std::span<const std::byte> answer) {
  std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock.owns_lock() || state_ != State::kFree) return dropped_->Add();
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const std::span<std::byte> copy = scratch_.input(i);
    const std::span<const std::byte> bytes = inputs[i].bytes;
    if (!bytes.empty()) std::memcpy(copy.data(), bytes.data(), bytes.size());
    std::ranges::fill(copy.subspan(bytes.size()), std::byte{0});
  }
  answer_bytes_ = answer.size();
  best_ = contract_.manifest().outputs.empty()
              ? std::nullopt
              : BestOf(contract_.manifest().outputs[0].type.type, answer);
  state_ = State::kBusy;
  lock.unlock();
  changed_.notify_all();
}

void Shadow::Stop() {
  {
    const std::lock_guard lock(mutex_);
    state_ = State::kStopping;
  }
  changed_.notify_all();
  thread_.reset();
}

}  // namespace skerry::agent
