#include "skerry/agent/grpc/edge_capture.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "skerry/agent/grpc/edge_tensor.h"

namespace skerry::agent {
namespace {

namespace edge = AWS::SageMaker::Edge;
using std::chrono::system_clock;

using FindSpec = Result<const TensorSpec*> (EdgeSpecs::*)(const std::string&,
                                                          std::size_t);

std::string Copy(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// The name and type that the tensor states; from the model where it does not.
Result<void> ReadType(CapturedTensor& captured, const edge::Tensor& tensor,
                      const TensorSpec* spec) {
  if (tensor.has_tensor_metadata()) {
    captured.name = tensor.tensor_metadata().name();
    SKERRY_ASSIGN_OR_RETURN(captured.type,
                            EdgeTensorType(tensor.tensor_metadata()));
    if (!captured.name.empty() || spec == nullptr) return {};
  }
  if (spec == nullptr) {
    return InvalidArgument("it has no metadata, and the model has no such");
  }
  captured.name = spec->name;
  if (!tensor.has_tensor_metadata()) captured.type = spec->type;
  return {};
}

Result<CapturedTensor> ReadTensor(const edge::Tensor& tensor,
                                  const TensorSpec* spec, EdgeMemory& memory) {
  CapturedTensor captured;
  SKERRY_RETURN_IF_ERROR(ReadType(captured, tensor, spec));
  const auto wanted = static_cast<std::uint64_t>(captured.type.byte_count());
  SKERRY_ASSIGN_OR_RETURN(const auto bytes, memory.Bytes(tensor, wanted));
  if (bytes.size() != wanted) {
    return InvalidArgument("got " + std::to_string(bytes.size()) + " bytes, " +
                           captured.type.ToString() + " has " +
                           std::to_string(wanted));
  }
  captured.bytes = Copy(bytes);
  return captured;
}

Result<std::vector<CapturedTensor>> ReadTensors(const auto& tensors,
                                                EdgeSpecs& specs, FindSpec find,
                                                EdgeMemory& memory) {
  std::vector<CapturedTensor> all;
  all.reserve(static_cast<std::size_t>(tensors.size()));
  for (const edge::Tensor& tensor : tensors) {
    const std::size_t index = all.size();
    SKERRY_ASSIGN_OR_RETURN(
        const TensorSpec* const spec,
        (specs.*find)(tensor.tensor_metadata().name(), index));
    auto captured = ReadTensor(tensor, spec, memory);
    if (!captured) {
      return captured.error().WithContext(EdgeTensorWords(tensor, index));
    }
    all.push_back(*std::move(captured));
  }
  return all;
}

Result<std::vector<CapturedAuxiliary>> ReadAuxiliaries(const auto& auxiliaries,
                                                       EdgeMemory& memory) {
  std::vector<CapturedAuxiliary> all;
  all.reserve(static_cast<std::size_t>(auxiliaries.size()));
  for (const edge::AuxilaryData& data : auxiliaries) {
    const std::string words = "auxiliary data '" + data.name() + "'";
    if (!edge::Encoding_IsValid(data.encoding())) {
      return InvalidArgument(words + ": encoding " +
                             std::to_string(data.encoding()) +
                             " is none; 0 to 3 are");
    }
    auto bytes = memory.Bytes(data, std::nullopt);
    if (!bytes) return bytes.error().WithContext(words);
    all.push_back({data.name(), static_cast<CaptureEncoding>(data.encoding()),
                   Copy(*bytes)});
  }
  return all;
}

Result<system_clock::time_point> ReadTime(const edge::CaptureDataRequest& r) {
  if (!r.has_inference_timestamp()) return system_clock::now();
  const edge::Timestamp& time = r.inference_timestamp();
  constexpr std::int32_t kNanosecondsMax = 999'999'999;
  constexpr std::int64_t kSecondsMax = 9'000'000'000;  // the year 2255
  if (time.nanos() < 0 || time.nanos() > kNanosecondsMax) {
    return InvalidArgument("inference_timestamp has " +
                           std::to_string(time.nanos()) +
                           " nanos, wanted 0 to 999999999");
  }
  if (time.seconds() < 0 || time.seconds() > kSecondsMax) {
    return OutOfRange("inference_timestamp has " +
                      std::to_string(time.seconds()) +
                      " seconds, which is no time of today");
  }
  return system_clock::time_point(std::chrono::seconds(time.seconds()) +
                                  std::chrono::nanoseconds(time.nanos()));
}

}  // namespace

Result<CaptureRecord> ReadCaptureRecord(const edge::CaptureDataRequest& request,
                                        const Services& services,
                                        const Caller& caller) {
  EdgeSpecs specs(services.models, request.model_name());
  EdgeMemory memory(services.regions, caller);
  SKERRY_ASSIGN_OR_RETURN(const ModelDescription* const model, specs.Model());
  CaptureRecord record;
  record.model_name =
      model->package_name.empty() ? model->alias : model->package_name;
  record.model_version = model->version;
  record.capture_id = request.capture_id();
  SKERRY_ASSIGN_OR_RETURN(record.inference_time, ReadTime(request));
  SKERRY_ASSIGN_OR_RETURN(
      record.inputs,
      ReadTensors(request.input_tensors(), specs, &EdgeSpecs::Input, memory));
  SKERRY_ASSIGN_OR_RETURN(
      record.outputs,
      ReadTensors(request.output_tensors(), specs, &EdgeSpecs::Output, memory));
  SKERRY_ASSIGN_OR_RETURN(record.auxiliary_inputs,
                          ReadAuxiliaries(request.inputs(), memory));
  SKERRY_ASSIGN_OR_RETURN(record.auxiliary_outputs,
                          ReadAuxiliaries(request.outputs(), memory));
  SKERRY_RETURN_IF_ERROR(memory.Check());
  return record;
}

}  // namespace skerry::agent
