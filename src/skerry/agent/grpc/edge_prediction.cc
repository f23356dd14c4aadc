#include "skerry/agent/grpc/edge_prediction.h"

#include <string>
#include <utility>

#include "skerry/agent/grpc/edge_types.h"

namespace skerry::agent {
namespace {

namespace edge = AWS::SageMaker::Edge;

// Numbers of the fields that are written by hand.
constexpr int kTensors = 1;         // of PredictResponse
constexpr int kTensorMetadata = 1;  // of Tensor
constexpr int kByteData = 4;        // of Tensor

}  // namespace

EdgePrediction::EdgePrediction(const Services& services, const Caller& caller)
    : models_(services.models),
      caller_(caller),
      memory_(services.regions, caller),
      span_(services.tracer, caller, "Predict") {}

Result<InferenceRequest> EdgePrediction::Read() {
  specs_.emplace(models_, message_.name());
  InferenceRequest request;
  request.model = message_.name();
  request.unit = caller_.metadata(kUnitHeader);
  request.deadline = caller_.deadline();
  request.inputs.reserve(static_cast<std::size_t>(message_.tensors_size()));
  std::size_t index = 0;
  for (const edge::Tensor& tensor : message_.tensors()) {
    auto input = ReadTensor(tensor, index);
    if (!input && input.error().code() == ErrorCode::kNotFound &&
        !specs_->Model()) {
      return input.error();  // the model is missing, which is no tensor's fault
    }
    if (!input) {
      return input.error().WithContext(EdgeTensorWords(tensor, index));
    }
    request.inputs.push_back(*std::move(input));
    ++index;
  }
  return request;
}

Result<InputTensor> EdgePrediction::ReadTensor(const edge::Tensor& tensor,
                                               std::size_t index) {
  InputTensor input;
  if (tensor.has_tensor_metadata()) {
    SKERRY_RETURN_IF_ERROR(
        ReadMetadata(input, tensor.tensor_metadata(), index));
  }
  SKERRY_ASSIGN_OR_RETURN(const auto byte_count, ByteCount(tensor, index));
  SKERRY_ASSIGN_OR_RETURN(input.bytes, memory_.Bytes(tensor, byte_count));
  input.in_shared_memory = tensor.has_shared_memory_handle();
  return input;
}

Result<void> EdgePrediction::ReadMetadata(InputTensor& input,
                                          const edge::TensorMetadata& metadata,
                                          std::size_t index) {
  SKERRY_ASSIGN_OR_RETURN(const TensorType type, EdgeTensorType(metadata));
  input.name = metadata.name();
  // Without a shape it is a scalar's, or was left out; the bytes tell.
  if (type.shape.rank() > 0) input.dims = type.shape.dims();
  input.data_type = type.type;
  if (!IsSharedEdgeType(metadata.data_type())) return {};
  SKERRY_ASSIGN_OR_RETURN(const TensorSpec* const spec,
                          specs_->Input(input.name, index));
  if (spec != nullptr && EdgeType(spec->type.type) == metadata.data_type()) {
    input.data_type = spec->type.type;
  }
  return {};
}

// What a handle of size 0 means; nothing for other tensors.
Result<std::optional<std::uint64_t>> EdgePrediction::ByteCount(
    const edge::Tensor& tensor, std::size_t index) {
  if (!tensor.has_shared_memory_handle() ||
      tensor.shared_memory_handle().size() != 0) {
    return std::optional<std::uint64_t>();
  }
  const edge::TensorMetadata& metadata = tensor.tensor_metadata();
  if (metadata.shape_size() > 0) {
    SKERRY_ASSIGN_OR_RETURN(const TensorType type, EdgeTensorType(metadata));
    return static_cast<std::uint64_t>(type.byte_count());
  }
  SKERRY_ASSIGN_OR_RETURN(const TensorSpec* const spec,
                          specs_->Input(metadata.name(), index));
  if (spec == nullptr) return InvalidArgument("the model has no such input");
  return static_cast<std::uint64_t>(spec->type.byte_count());
}

Result<MessageWriter> EdgePrediction::Answer(Result<InferenceResult> result) {
  if (result.has_value()) {
    if (auto whole = memory_.Check(); !whole) result = whole.error();
  }
  span_.End(result);
  if (!result.has_value()) return result.error();
  MessageWriter response;
  for (OutputTensor& output : result->outputs) {
    edge::TensorMetadata metadata;
    FillEdgeMetadata(metadata, output.name, output.type);
    MessageWriter metadata_writer;
    metadata_writer.Add(metadata);
    MessageWriter tensor;
    tensor.AddMessage(kTensorMetadata, std::move(metadata_writer));
    tensor.AddBytes(kByteData, std::move(output.bytes));
    response.AddMessage(kTensors, std::move(tensor));
  }
  return response;
}

}  // namespace skerry::agent
