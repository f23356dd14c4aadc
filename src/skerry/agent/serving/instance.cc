#include "skerry/agent/serving/instance.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include "skerry/agent/serving/shadow.h"

namespace skerry::agent {
namespace {

void Copy(std::span<const std::byte> from, std::span<std::byte> to) {
  if (!from.empty()) std::memcpy(to.data(), from.data(), from.size());
}

std::span<std::byte> BytesOf(std::string& text) {
  return std::as_writable_bytes(std::span(text));
}

bool IsFloat(DataType type) {
  return type == DataType::kFloat32 || type == DataType::kFloat16 ||
         type == DataType::kBfloat16 || type == DataType::kFloat64;
}

// Its content is written before anybody reads it, so it is not cleared. What
// libstdc++ 12 tells the operation is the capacity, not the size asked for.
void ResizeForWriting(std::string& text, std::size_t byte_count) {
  text.resize_and_overwrite(
      byte_count, [byte_count](char*, std::size_t) { return byte_count; });
}

// Where an answer's output lies, of `byte_count` bytes.
std::span<std::byte> PlaceOf(const PendingRequest& pending, std::size_t i,
                             OutputTensor& output, std::size_t byte_count) {
  if (!output.in_destination) return BytesOf(output.bytes);
  return pending.request.outputs[i].destination.first(byte_count);
}

}  // namespace

Error DeadRequestError(const InferenceRequest& request) {
  if (request.cancelled != nullptr && request.cancelled->load()) {
    return {ErrorCode::kCancelled, "the request was cancelled while it waited"};
  }
  return {ErrorCode::kDeadlineExceeded,
          "the request's deadline passed while it waited"};
}

void RefuseRequest(PendingRequest& pending, Error error,
                   VersionMetrics& metrics) {
  const auto total = std::chrono::steady_clock::now() - pending.accepted;
  metrics.CountFailure(error.code(), total);
  pending.metrics->CountFailure(error.code());
  pending.done(std::move(error));
}

Instance::Instance(const InstanceContext& context,
                   std::unique_ptr<Executor> executor, Scratch scratch)
    : context_(context),
      executor_(std::move(executor)),
      scratch_(std::move(scratch)),
      inputs_(context.contract.manifest().inputs.size()),
      outputs_(context.contract.manifest().outputs.size()) {}

Result<std::unique_ptr<Instance>> Instance::Create(
    const InstanceContext& context, std::unique_ptr<Executor> executor) {
  SKERRY_ASSIGN_OR_RETURN(Scratch scratch,
                          Scratch::Create(context.contract.manifest()));
  return std::unique_ptr<Instance>(
      new Instance(context, std::move(executor), std::move(scratch)));
}

void Instance::Run(RequestList& batch) {
  const bool alone = batch.size() == 1 &&
                     batch.front().extent == context_.contract.batch_max();
  if (alone) {
    RunOne(batch.front());
  } else {
    RunTogether(batch);
  }
  batch.clear();
}

// In place: the model reads the request's bytes and writes the answer's.
void Instance::RunOne(PendingRequest& pending) {
  Marks marks;
  marks.taken = Clock::now();
  BindInputs(pending);
  auto outputs = MakeOutputs(pending);
  if (!outputs) return Refuse(pending, std::move(outputs).error());
  BindOutputs(pending, *outputs);
  marks.input_ready = Clock::now();
  if (auto ran = Execute(); !ran) {
    return Refuse(pending, std::move(ran).error());
  }
  marks.ran = Clock::now();
  CopyBoundOutputs(pending, *outputs);
  marks.done = Clock::now();
  context_.run_time.Add(marks.done - marks.taken);
  OfferToShadow(pending, 0);
  Answer(pending, *std::move(outputs), marks);
}

void Instance::RunTogether(RequestList& batch) {
  Marks marks;
  marks.taken = Clock::now();
  GatherInputs(batch);
  for (std::size_t i = 0; i < outputs_.size(); ++i) {
    outputs_[i] = scratch_.output(i);
  }
  marks.input_ready = Clock::now();
  if (auto ran = Execute(); !ran) {
    for (PendingRequest& pending : batch) Refuse(pending, ran.error());
    return;
  }
  marks.ran = Clock::now();
  std::int64_t row = 0;
  for (PendingRequest& pending : batch) {
    const std::int64_t first_row = std::exchange(row, row + pending.extent);
    auto outputs = MakeOutputs(pending);
    if (!outputs) {
      Refuse(pending, std::move(outputs).error());
      continue;
    }
    CopyRows(pending, first_row, *outputs);
    marks.done = Clock::now();
    OfferToShadow(pending, first_row);
    Answer(pending, *std::move(outputs), marks);
  }
}

void Instance::BindInputs(const PendingRequest& pending) {
  const std::vector<TensorSpec>& specs = context_.contract.manifest().inputs;
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    const InputTensor& input = pending.request.inputs[i];
    const DataType type = specs[i].type.type;
    inputs_[i] = input.bytes;
    // Kernels check an index, then read it again to use it, so it must not
    // change between. A float that changes spoils the answer only.
    const bool may_change = input.in_shared_memory && !IsFloat(type);
    if (IsAligned(inputs_[i], type) && !may_change) continue;
    Copy(inputs_[i], scratch_.input(i));
    inputs_[i] = scratch_.input(i);
  }
}

// One after another, and zeros for what is missing to a full batch.
void Instance::GatherInputs(const RequestList& batch) {
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    std::span<std::byte> rest = scratch_.input(i);
    inputs_[i] = rest;
    for (const PendingRequest& pending : batch) {
      const std::span<const std::byte> bytes = pending.request.inputs[i].bytes;
      Copy(bytes, rest);
      rest = rest.subspan(bytes.size());
    }
    std::ranges::fill(rest, std::byte{0});
  }
}

// The answer's tensors, with room for the bytes that do not go elsewhere.
Result<std::vector<OutputTensor>> Instance::MakeOutputs(
    const PendingRequest& pending) const {
  const RequestContract& contract = context_.contract;
  const std::vector<OutputWish>& wishes = pending.request.outputs;
  const std::size_t count = wishes.empty() ? outputs_.size() : wishes.size();
  try {
    std::vector<OutputTensor> outputs(count);
    for (std::size_t w = 0; w < count; ++w) {
      OutputTensor& output = outputs[w];
      const std::size_t i =
          wishes.empty() ? w : contract.OutputIndex(wishes[w].name);
      output.name = contract.manifest().outputs[i].name;
      output.type = contract.OutputType(i, pending.extent);
      output.in_destination = !wishes.empty() && !wishes[w].destination.empty();
      if (output.in_destination) continue;
      ResizeForWriting(output.bytes, contract.OutputBytes(i, pending.extent));
    }
    return outputs;
  } catch (const std::bad_alloc&) {
    return ResourceExhausted("there is no memory for the outputs");
  }
}

// Outputs that nobody asked for, and those whose place is not aligned, are
// written to scratch.
void Instance::BindOutputs(const PendingRequest& pending,
                           std::vector<OutputTensor>& outputs) {
  const RequestContract& contract = context_.contract;
  for (std::size_t i = 0; i < outputs_.size(); ++i) {
    outputs_[i] = scratch_.output(i);
  }
  for (std::size_t w = 0; w < outputs.size(); ++w) {
    const std::size_t i = contract.OutputIndex(outputs[w].name);
    const std::span<std::byte> place =
        PlaceOf(pending, w, outputs[w], outputs_[i].size());
    if (IsAligned(place, outputs[w].type.type)) outputs_[i] = place;
  }
}

void Instance::CopyBoundOutputs(const PendingRequest& pending,
                                std::vector<OutputTensor>& outputs) const {
  for (std::size_t w = 0; w < outputs.size(); ++w) {
    const std::size_t i = context_.contract.OutputIndex(outputs[w].name);
    const std::span<std::byte> place =
        PlaceOf(pending, w, outputs[w], outputs_[i].size());
    if (place.data() != outputs_[i].data()) Copy(outputs_[i], place);
  }
}

void Instance::CopyRows(const PendingRequest& pending, std::int64_t first_row,
                        std::vector<OutputTensor>& outputs) const {
  const RequestContract& contract = context_.contract;
  for (std::size_t w = 0; w < outputs.size(); ++w) {
    const std::size_t i = contract.OutputIndex(outputs[w].name);
    const std::size_t byte_count = contract.OutputBytes(i, pending.extent);
    const std::size_t start = contract.OutputBytes(i, first_row);
    Copy(outputs_[i].subspan(start, byte_count),
         PlaceOf(pending, w, outputs[w], byte_count));
  }
}

Result<void> Instance::Execute() {
  context_.metrics.CountExecution();
  return executor_->Run(inputs_, outputs_);
}

void Instance::OfferToShadow(const PendingRequest& pending,
                             std::int64_t first_row) const {
  if (pending.shadow == nullptr) return;
  const RequestContract& contract = context_.contract;
  std::span<const std::byte> answer;
  if (!outputs_.empty()) {
    const std::size_t start =
        contract.batching() ? contract.OutputBytes(0, first_row) : 0;
    answer =
        outputs_[0].subspan(start, contract.OutputBytes(0, pending.extent));
  }
  pending.shadow->Offer(pending.request.inputs, answer);
}

void Instance::Answer(PendingRequest& pending,
                      std::vector<OutputTensor> outputs, const Marks& marks) {
  InferenceResult result;
  result.model = context_.alias;
  result.version = context_.version;
  result.outputs = std::move(outputs);
  result.times = {.queue = marks.taken - pending.accepted,
                  .input = marks.input_ready - marks.taken,
                  .infer = marks.ran - marks.input_ready,
                  .output = marks.done - marks.ran};
  const auto total = marks.done - pending.accepted;
  context_.metrics.CountSuccess(result.times, total, pending.extent);
  pending.metrics->CountSuccess(result.times, total);
  pending.done(std::move(result));
}

void Instance::Refuse(PendingRequest& pending, Error error) {
  RefuseRequest(pending, std::move(error), context_.metrics);
}

}  // namespace skerry::agent
