#include "skerry/agent/client/infer_message.h"

#include <cstdint>
#include <string>
#include <utility>

#include "skerry/agent/oip/data_type_names.h"

namespace skerry::agent {
namespace {

/// Kernels read inputs in place if they are aligned so.
constexpr std::size_t kAlignment = 64;
/// The tag of ModelInferRequest.raw_input_contents: field 7, with a length.
constexpr char kRawInputTag = (7 << 3) | 2;
constexpr char kModelTimeParameter[] = "model_time_ns";

std::size_t ByteCount(const TensorSpec& spec) {
  return static_cast<std::size_t>(spec.type.byte_count());
}

/// A request that names model, inputs, types and shapes.
inference::ModelInferRequest BasicRequest(const RemoteModel& model) {
  inference::ModelInferRequest request;
  request.set_model_name(model.name);
  for (const TensorSpec& spec : model.inputs) {
    auto* input = request.add_inputs();
    input->set_name(spec.name);
    input->set_datatype(std::string(OipTypeName(spec.type.type)));
    for (const std::int64_t dim : spec.type.shape.dims()) {
      input->add_shape(dim);
    }
  }
  return request;
}

/// Says in a tensor's parameters where its bytes are.
template <class TensorMessage>
void PointTo(const Region& region, std::size_t offset, std::size_t byte_count,
             TensorMessage& tensor) {
  auto& parameters = *tensor.mutable_parameters();
  parameters["shared_memory_region"].set_string_param(region.name());
  parameters["shared_memory_offset"].set_int64_param(
      static_cast<std::int64_t>(offset));
  parameters["shared_memory_byte_size"].set_int64_param(
      static_cast<std::int64_t>(byte_count));
}

/// What stands before a tensor's bytes in the message.
std::string RawInputHead(std::size_t byte_count) {
  std::string head(1, kRawInputTag);
  std::uint64_t rest = byte_count;
  for (; rest >= 0x80; rest >>= 7) {
    head.push_back(static_cast<char>((rest & 0x7F) | 0x80));
  }
  head.push_back(static_cast<char>(rest));
  return head;
}

/// Bytes that are not copied; `memory` is let go when gRPC has done with them.
grpc::Slice Borrow(const std::shared_ptr<std::byte[]>& memory,
                   std::span<std::byte> bytes) {
  auto* const owner = new std::shared_ptr<std::byte[]>(memory);
  return {bytes.data(), bytes.size(),
          [](void* held) {
            delete static_cast<std::shared_ptr<std::byte[]>*>(held);
          },
          owner};
}

Result<Shape> ReadShape(
    const inference::ModelMetadataResponse::TensorMetadata& metadata) {
  return Shape::Create({metadata.shape().begin(), metadata.shape().end()});
}

Result<TensorSpec> ReadSpec(
    const inference::ModelMetadataResponse::TensorMetadata& metadata) {
  const auto type = ParseOipType(metadata.datatype());
  if (!type.has_value()) {
    return Internal("the agent says that tensor '" + metadata.name() +
                    "' has the type '" + metadata.datatype() +
                    "', which is not known here");
  }
  auto shape = ReadShape(metadata);
  if (!shape) {
    return Internal("the agent gives tensor '" + metadata.name() +
                    "' a shape that is none: " + shape.error().message());
  }
  return TensorSpec{metadata.name(), {*type, *std::move(shape)}};
}

}  // namespace

Places PlaceTensors(std::span<const TensorSpec> specs) {
  Places places;
  for (const TensorSpec& spec : specs) {
    places.offsets.push_back(places.byte_count);
    places.byte_count +=
        (ByteCount(spec) + kAlignment - 1) / kAlignment * kAlignment;
  }
  return places;
}

std::span<std::byte> BytesAt(std::span<std::byte> memory, const Places& places,
                             std::span<const TensorSpec> specs,
                             std::size_t index) {
  return memory.subspan(places.offsets[index], ByteCount(specs[index]));
}

grpc::ByteBuffer InlineRequest(const RemoteModel& model,
                               const std::shared_ptr<std::byte[]>& memory,
                               const Places& places) {
  // Fields of a message may come in any order, so the tensors follow what the
  // library wrote.
  std::string head = BasicRequest(model).SerializeAsString();
  std::vector<grpc::Slice> slices;
  for (std::size_t i = 0; i < model.inputs.size(); ++i) {
    const std::span<std::byte> bytes =
        BytesAt({memory.get(), places.byte_count}, places, model.inputs, i);
    head += RawInputHead(bytes.size());
    slices.emplace_back(head);
    if (!bytes.empty()) slices.push_back(Borrow(memory, bytes));
    head.clear();
  }
  if (slices.empty()) slices.emplace_back(head);
  return {slices.data(), slices.size()};
}

grpc::ByteBuffer SharedRequest(const RemoteModel& model, const Region& inputs,
                               const Places& input_places,
                               const Region& outputs,
                               const Places& output_places) {
  inference::ModelInferRequest request = BasicRequest(model);
  for (std::size_t i = 0; i < model.inputs.size(); ++i) {
    PointTo(inputs, input_places.offsets[i], ByteCount(model.inputs[i]),
            *request.mutable_inputs(static_cast<int>(i)));
  }
  for (std::size_t i = 0; i < model.outputs.size(); ++i) {
    auto* output = request.add_outputs();
    output->set_name(model.outputs[i].name);
    PointTo(outputs, output_places.offsets[i], ByteCount(model.outputs[i]),
            *output);
  }
  const grpc::Slice slice(request.SerializeAsString());
  return {&slice, 1};
}

Result<std::vector<std::span<const std::byte>>> InlineOutputs(
    const RemoteModel& model, const inference::ModelInferResponse& response) {
  const int count = static_cast<int>(model.outputs.size());
  if (response.outputs_size() != count ||
      response.raw_output_contents_size() != count) {
    return Internal("the agent answered with " +
                    std::to_string(response.raw_output_contents_size()) +
                    " outputs; the model has " + std::to_string(count));
  }
  std::vector<std::span<const std::byte>> outputs;
  for (int i = 0; i < count; ++i) {
    const TensorSpec& spec = model.outputs[static_cast<std::size_t>(i)];
    const std::string& bytes = response.raw_output_contents(i);
    if (response.outputs(i).name() != spec.name ||
        bytes.size() != ByteCount(spec)) {
      return Internal("the agent answered with " +
                      std::to_string(bytes.size()) + " bytes as '" +
                      response.outputs(i).name() + "'; the model has '" +
                      spec.name + "' with " + std::to_string(ByteCount(spec)) +
                      " bytes there");
    }
    outputs.push_back(std::as_bytes(std::span(bytes)));
  }
  return outputs;
}

std::chrono::nanoseconds ModelTime(
    const inference::ModelInferResponse& response) {
  const auto found = response.parameters().find(kModelTimeParameter);
  if (found == response.parameters().end()) return {};
  const inference::InferParameter& parameter = found->second;
  if (parameter.has_uint64_param()) {
    return std::chrono::nanoseconds(
        static_cast<std::int64_t>(parameter.uint64_param()));
  }
  return std::chrono::nanoseconds(parameter.int64_param());
}

Result<RemoteModel> ReadMetadata(
    const inference::ModelMetadataResponse& response) {
  RemoteModel model{
      .name = response.name(),
      .versions = {response.versions().begin(), response.versions().end()},
      .inputs = {},
      .outputs = {}};
  if (static_cast<std::size_t>(response.inputs_size()) > kTensorSpecsMax ||
      static_cast<std::size_t>(response.outputs_size()) > kTensorSpecsMax) {
    return Internal("the agent gives '" + model.name + "' too many tensors");
  }
  for (const auto& metadata : response.inputs()) {
    SKERRY_ASSIGN_OR_RETURN(TensorSpec spec, ReadSpec(metadata));
    model.inputs.push_back(std::move(spec));
  }
  for (const auto& metadata : response.outputs()) {
    SKERRY_ASSIGN_OR_RETURN(TensorSpec spec, ReadSpec(metadata));
    model.outputs.push_back(std::move(spec));
  }
  return model;
}

}  // namespace skerry::agent
