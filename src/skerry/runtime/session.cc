#include "skerry/runtime/session.h"

#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "skerry/platform/cpu.h"

namespace skerry::runtime {
namespace {

// A cache line, and the alignment that kernels may count on.
constexpr std::uint64_t kAlignment = 64;

constexpr std::uint64_t RoundUp(std::uint64_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

// Bytes of each part of a session's memory, and of all. Manifests are limited
// to 2^40 bytes for each number and a few thousand numbers, so sums fit.
struct MemoryPlan {
  std::uint64_t arena;
  std::uint64_t scratch_stride;
  std::uint64_t total;
};

MemoryPlan PlanMemory(const Manifest& manifest, int thread_count) {
  MemoryPlan plan{RoundUp(manifest.arena_bytes),
                  RoundUp(manifest.scratch_bytes), 0};
  plan.total =
      plan.arena + plan.scratch_stride * static_cast<unsigned>(thread_count);
  for (const TensorSpec& output : manifest.outputs) {
    plan.total += RoundUp(static_cast<std::uint64_t>(output.type.byte_count()));
  }
  return plan;
}

Error BadBuffer(std::string_view kind, const TensorSpec& spec,
                std::string_view what) {
  std::string message(kind);
  message += " '" + spec.name + "': ";
  return InvalidArgument(message.append(what));
}

// One buffer, of `const std::byte` or `std::byte`.
template <class Buffer>
Result<void> CheckBuffer(std::string_view kind, const TensorSpec& spec,
                         Buffer buffer) {
  const auto wanted = static_cast<std::size_t>(spec.type.byte_count());
  if (buffer.size() != wanted) {
    return BadBuffer(kind, spec,
                     "got " + std::to_string(buffer.size()) + " bytes, want " +
                         std::to_string(wanted) + " for " +
                         spec.type.ToString());
  }
  if (wanted == 0) return {};
  if (buffer.data() == nullptr) return BadBuffer(kind, spec, "it is null");
  const std::size_t alignment = ElementBytes(spec.type.type);
  if (reinterpret_cast<std::uintptr_t>(buffer.data()) % alignment != 0) {
    return BadBuffer(
        kind, spec,
        "its address is not a multiple of " + std::to_string(alignment));
  }
  return {};
}

template <class Buffer>
Result<void> CheckBuffers(std::string_view kind,
                          const std::vector<TensorSpec>& specs,
                          std::span<const Buffer> buffers) {
  if (buffers.size() != specs.size()) {
    return InvalidArgument("got " + std::to_string(buffers.size()) + " " +
                           std::string(kind) + "s, the model has " +
                           std::to_string(specs.size()));
  }
  for (std::size_t i = 0; i < specs.size(); ++i) {
    SKERRY_RETURN_IF_ERROR(CheckBuffer(kind, specs[i], buffers[i]));
  }
  return {};
}

bool Overlap(std::span<const std::byte> a, std::span<const std::byte> b) {
  constexpr std::less<> before;
  return before(a.data(), b.data() + b.size()) &&
         before(b.data(), a.data() + a.size());
}

// Outputs that share memory with another buffer would come out wrong.
Result<void> CheckOverlap(const Manifest& manifest,
                          std::span<const std::span<const std::byte>> inputs,
                          std::span<const std::span<std::byte>> outputs) {
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    for (std::size_t j = 0; j < inputs.size(); ++j) {
      if (Overlap(outputs[i], inputs[j])) {
        return BadBuffer("output", manifest.outputs[i],
                         "it overlaps input '" + manifest.inputs[j].name + "'");
      }
    }
    for (std::size_t j = 0; j < i; ++j) {
      if (Overlap(outputs[i], outputs[j])) {
        return BadBuffer(
            "output", manifest.outputs[i],
            "it overlaps output '" + manifest.outputs[j].name + "'");
      }
    }
  }
  return {};
}

void ParallelFor(void* context, std::int64_t count, SkerryTask task,
                 void* argument) {
  static_cast<ThreadPool*>(context)->ParallelFor(count, task, argument);
}

}  // namespace

Session::Session(std::shared_ptr<const Model> model, platform::Mapping memory,
                 std::unique_ptr<ThreadPool> pool)
    : model_(std::move(model)),
      memory_(std::move(memory)),
      pool_(std::move(pool)) {
  const Manifest& manifest = model_->manifest();
  const MemoryPlan plan = PlanMemory(manifest, pool_->thread_count());
  std::uint64_t offset =
      plan.arena +
      plan.scratch_stride * static_cast<unsigned>(pool_->thread_count());
  for (const TensorSpec& output : manifest.outputs) {
    const auto byte_count =
        static_cast<std::uint64_t>(output.type.byte_count());
    own_outputs_.push_back(memory_.bytes().subspan(offset, byte_count));
    offset += RoundUp(byte_count);
  }
  input_pointers_.resize(manifest.inputs.size());
  output_pointers_.resize(manifest.outputs.size());
}

Result<Session> Session::Create(std::shared_ptr<const Model> model,
                                const SessionOptions& options) {
  const int cpu_count = platform::AvailableCpuCount();
  const int thread_count = options.thread_count == 0
                               ? std::min(cpu_count, kThreadCountMax)
                               : options.thread_count;
  const bool crowded = thread_count > cpu_count;
  SKERRY_ASSIGN_OR_RETURN(
      std::unique_ptr<ThreadPool> pool,
      ThreadPool::Create(
          thread_count, crowded ? std::chrono::microseconds(0) : options.spin));
  const MemoryPlan plan = PlanMemory(model->manifest(), thread_count);
  if (plan.total > options.memory_bytes_max) {
    return ResourceExhausted("the session needs " + std::to_string(plan.total) +
                             " bytes, limit is " +
                             std::to_string(options.memory_bytes_max) +
                             "; raise memory_bytes_max");
  }
  SKERRY_ASSIGN_OR_RETURN(platform::Mapping memory,
                          platform::Mapping::OfMemory(plan.total));
  return Session(std::move(model), std::move(memory), std::move(pool));
}

Result<void> Session::Bind(std::span<const std::span<const std::byte>> inputs,
                           std::span<const std::span<std::byte>> outputs) {
  const Manifest& manifest = model_->manifest();
  SKERRY_RETURN_IF_ERROR(CheckBuffers("input", manifest.inputs, inputs));
  SKERRY_RETURN_IF_ERROR(CheckBuffers("output", manifest.outputs, outputs));
  SKERRY_RETURN_IF_ERROR(CheckOverlap(manifest, inputs, outputs));
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    input_pointers_[i] = inputs[i].data();
  }
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    output_pointers_[i] = outputs[i].data();
  }
  return {};
}

SkerryCall Session::MakeCall(const SkerryHost& host) {
  const MemoryPlan plan = PlanMemory(model_->manifest(), pool_->thread_count());
  auto* const arena = reinterpret_cast<std::uint8_t*>(memory_.bytes().data());
  return {input_pointers_.data(), output_pointers_.data(), arena,
          arena + plan.arena,     plan.scratch_stride,     &host};
}

Result<void> Session::Run(std::span<const std::span<const std::byte>> inputs,
                          std::span<const std::span<std::byte>> outputs) {
  SKERRY_RETURN_IF_ERROR(Bind(inputs, outputs));
  const SkerryHost host{pool_.get(), &ParallelFor, pool_->thread_count()};
  const SkerryCall call = MakeCall(host);
  model_->run()(&call);
  return {};
}

Result<void> Session::Run(std::span<const std::span<const std::byte>> inputs) {
  return Run(inputs, own_outputs_);
}

Result<void> Session::RunLayers(
    std::span<const std::span<const std::byte>> inputs,
    std::span<std::chrono::nanoseconds> times) {
  using Clock = std::chrono::steady_clock;
  const std::size_t layer_count = model_->manifest().layers.size();
  if (times.size() != layer_count) {
    return InvalidArgument("got " + std::to_string(times.size()) +
                           " times, the model has " +
                           std::to_string(layer_count) + " layers");
  }
  SKERRY_ASSIGN_OR_RETURN(const SkerryModelRunLayer run_layer,
                          model_->FindRunLayer());
  SKERRY_RETURN_IF_ERROR(Bind(inputs, own_outputs_));
  const SkerryHost host{pool_.get(), &ParallelFor, pool_->thread_count()};
  const SkerryCall call = MakeCall(host);
  Clock::time_point start = Clock::now();
  for (std::size_t i = 0; i < layer_count; ++i) {
    run_layer(&call, static_cast<std::int64_t>(i));
    const Clock::time_point end = Clock::now();
    times[i] = end - start;
    start = end;
  }
  return {};
}

}  // namespace skerry::runtime
