#include "skerry/agent/grpc/oip_inference.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "skerry/agent/grpc/oip_types.h"
#include "skerry/agent/oip/data_type_names.h"
#include "skerry/telemetry/utf8.h"

namespace skerry::agent {
namespace {

using inference::InferParameter;
using inference::ModelInferRequest;
using inference::ModelInferResponse;

constexpr char kRegion[] = "shared_memory_region";
constexpr char kRegionBytes[] = "shared_memory_byte_size";
constexpr char kRegionOffset[] = "shared_memory_offset";
constexpr int kRawOutputContents = 6;  // the field's number in the response

const InferParameter* Find(const auto& parameters, const char* name) {
  const auto found = parameters.find(name);
  return found == parameters.end() ? nullptr : &found->second;
}

Result<std::uint64_t> Number(const InferParameter& parameter,
                             const char* name) {
  if (parameter.parameter_choice_case() == InferParameter::kUint64Param) {
    return parameter.uint64_param();
  }
  if (parameter.parameter_choice_case() == InferParameter::kInt64Param &&
      parameter.int64_param() >= 0) {
    return static_cast<std::uint64_t>(parameter.int64_param());
  }
  return InvalidArgument("parameter '" + std::string(name) +
                         "' must be a whole number from 0");
}

std::string Quoted(const char* kind, const std::string& name) {
  return std::string(kind) + " '" + name + "'";
}

std::span<const std::byte> Bytes(const std::string& text) {
  return std::as_bytes(std::span(text));
}

}  // namespace

template <class Parameters>
Result<std::optional<OipInference::Place>> OipInference::ReadPlace(
    const Parameters& parameters) {
  const InferParameter* const region = Find(parameters, kRegion);
  if (region == nullptr) return std::optional<Place>();
  const InferParameter* const bytes = Find(parameters, kRegionBytes);
  if (bytes == nullptr) {
    return InvalidArgument("parameter '" + std::string(kRegionBytes) +
                           "' is missing beside '" + kRegion + "'");
  }
  Place place;
  place.region = region->string_param();
  SKERRY_ASSIGN_OR_RETURN(place.byte_size, Number(*bytes, kRegionBytes));
  if (const auto* const offset = Find(parameters, kRegionOffset)) {
    SKERRY_ASSIGN_OR_RETURN(place.offset, Number(*offset, kRegionOffset));
  }
  return std::optional<Place>(std::move(place));
}

Result<InferenceRequest> OipInference::Read(const Caller& caller) {
  span_.emplace(services_.tracer, caller, "ModelInfer");
  InferenceRequest request;
  request.model = message_.model_name();
  request.version = message_.model_version();
  SKERRY_RETURN_IF_ERROR(ReadParameters(request, caller));
  SKERRY_RETURN_IF_ERROR(ReadInputs(request, caller));
  SKERRY_RETURN_IF_ERROR(ReadOutputs(request, caller));
  return request;
}

Result<void> OipInference::ReadParameters(InferenceRequest& request,
                                          const Caller& caller) {
  request.deadline = caller.deadline();
  request.unit = caller.metadata(kUnitHeader);
  const auto& parameters = message_.parameters();
  if (parameters.empty()) return {};
  if (const auto* const unit = Find(parameters, kUnitParameter)) {
    request.unit = unit->string_param();
  }
  if (const auto* const timeout = Find(parameters, "timeout")) {
    SKERRY_ASSIGN_OR_RETURN(const std::uint64_t us,
                            Number(*timeout, "timeout"));
    constexpr std::uint64_t kDay = 86'400'000'000;
    if (us > 0) {
      request.deadline = std::min(
          request.deadline, std::chrono::steady_clock::now() +
                                std::chrono::microseconds(std::min(us, kDay)));
    }
  }
  if (const auto* const asked =
          Find(parameters, "triton_enable_empty_final_response")) {
    final_response_asked_ = asked->bool_param();
  }
  return {};
}

Result<void> OipInference::ReadInputs(InferenceRequest& request,
                                      const Caller& caller) {
  packed_.reserve(static_cast<std::size_t>(message_.inputs_size()));
  request.inputs.reserve(static_cast<std::size_t>(message_.inputs_size()));
  for (const auto& tensor : message_.inputs()) {
    auto input = ReadInput(tensor, caller);
    if (!input)
      return input.error().WithContext(Quoted("input", tensor.name()));
    request.inputs.push_back(*std::move(input));
  }
  if (raw_index_ < message_.raw_input_contents_size()) {
    return InvalidArgument("raw_input_contents has " +
                           std::to_string(message_.raw_input_contents_size()) +
                           " entries, wanted one for each of the " +
                           std::to_string(raw_index_) +
                           " inputs that are not in shared memory");
  }
  return {};
}

Result<InputTensor> OipInference::ReadInput(
    const ModelInferRequest::InferInputTensor& tensor, const Caller& caller) {
  InputTensor input;
  input.name = tensor.name();
  if (input.name.empty()) return InvalidArgument("the name is missing");
  SKERRY_ASSIGN_OR_RETURN(const DataType type, ParseOipType(tensor.datatype()));
  input.data_type = type;
  input.dims.emplace(tensor.shape().begin(), tensor.shape().end());
  SKERRY_ASSIGN_OR_RETURN(const auto place, ReadPlace(tensor.parameters()));
  const bool is_raw = message_.raw_input_contents_size() > 0;
  if (tensor.has_contents() && (is_raw || place.has_value())) {
    return InvalidArgument(
        "contents may not be mixed with raw_input_contents or shared memory");
  }
  if (place.has_value()) {
    SKERRY_ASSIGN_OR_RETURN(input.bytes, Map(*place, caller, false));
    input.in_shared_memory = true;
  } else if (is_raw) {
    SKERRY_ASSIGN_OR_RETURN(input.bytes, NextRaw());
  } else if (tensor.has_contents()) {
    SKERRY_ASSIGN_OR_RETURN(std::string packed,
                            PackContents(tensor.contents(), type));
    input.bytes = Bytes(packed_.emplace_back(std::move(packed)));
  }
  return input;
}

Result<std::span<const std::byte>> OipInference::NextRaw() {
  if (raw_index_ >= message_.raw_input_contents_size()) {
    return InvalidArgument("raw_input_contents has " +
                           std::to_string(raw_index_) +
                           " entries only, none for this input");
  }
  return Bytes(message_.raw_input_contents(raw_index_++));
}

Result<void> OipInference::ReadOutputs(InferenceRequest& request,
                                       const Caller& caller) {
  for (const auto& output : message_.outputs()) {
    const std::string context = Quoted("output", output.name());
    if (Find(output.parameters(), "classification") != nullptr) {
      return InvalidArgument(
                 "the classification extension is not supported; ask for the "
                 "tensor "
                 "and sort it")
          .WithContext(context);
    }
    auto place = ReadPlace(output.parameters());
    if (!place) return place.error().WithContext(context);
    OutputWish wish;
    wish.name = output.name();
    if (place->has_value()) {
      auto bytes = Map(**place, caller, true);
      if (!bytes) return bytes.error().WithContext(context);
      wish.destination = *bytes;
    }
    request.outputs.push_back(std::move(wish));
    places_.push_back(*std::move(place));
  }
  return {};
}

Result<std::span<std::byte>> OipInference::Map(const Place& place,
                                               const Caller& caller,
                                               bool to_write) {
  SKERRY_ASSIGN_OR_RETURN(
      SharedSpan span, services_.regions.Find(place.region, place.offset,
                                              place.byte_size, caller.peer()));
  if (to_write && (span.memory == nullptr || !span.memory->writable())) {
    return PermissionDenied("shared memory region '" + place.region +
                            "' may only be read");
  }
  if (to_write && span.bytes.empty()) {
    return InvalidArgument("its part of shared memory region '" + place.region +
                           "' has 0 bytes");
  }
  const std::span<std::byte> bytes = span.bytes;
  memory_.push_back(std::move(span));
  return bytes;
}

Result<void> OipInference::CheckMemory() const {
  for (const SharedSpan& span : memory_) {
    if (!span.intact()) {
      return InvalidArgument(
          "a shared memory region shrank while the request ran");
    }
  }
  return {};
}

Result<MessageWriter> OipInference::Answer(Result<InferenceResult> result) {
  if (result.has_value()) {
    if (auto whole = CheckMemory(); !whole) result = whole.error();
  }
  span_->End(result);
  if (!result.has_value()) return result.error();
  ModelInferResponse head;
  FillHead(head, *result);
  MessageWriter writer;
  writer.Add(head);
  for (OutputTensor& output : result->outputs) {
    writer.AddBytes(kRawOutputContents, std::move(output.bytes));
  }
  return writer;
}

void OipInference::FillHead(ModelInferResponse& head,
                            const InferenceResult& result) const {
  head.set_model_name(message_.model_name());
  head.set_model_version(telemetry::ReplaceInvalidUtf8(result.version));
  head.set_id(message_.id());
  auto& parameters = *head.mutable_parameters();
  parameters["model_time_ns"].set_int64_param(result.times.infer.count());
  if (final_response_asked_) {
    parameters["triton_final_response"].set_bool_param(true);
  }
  for (std::size_t i = 0; i < result.outputs.size(); ++i) {
    const OutputTensor& output = result.outputs[i];
    auto& tensor = *head.add_outputs();
    tensor.set_name(telemetry::ReplaceInvalidUtf8(output.name));
    tensor.set_datatype(std::string(OipTypeName(output.type.type)));
    const auto& dims = output.type.shape.dims();
    tensor.mutable_shape()->Assign(dims.begin(), dims.end());
    if (!output.in_destination || i >= places_.size() ||
        !places_[i].has_value()) {
      continue;
    }
    auto& place = *tensor.mutable_parameters();
    place[kRegion].set_string_param(places_[i]->region);
    place[kRegionBytes].set_int64_param(output.type.byte_count());
    place[kRegionOffset].set_int64_param(
        static_cast<std::int64_t>(places_[i]->offset));
  }
}

}  // namespace skerry::agent
