#include "skerry/agent/grpc/edge_tensor.h"

#include <utility>

#include "skerry/agent/grpc/edge_types.h"

namespace skerry::agent {

namespace edge = AWS::SageMaker::Edge;

Result<const ModelDescription*> EdgeSpecs::Model() {
  if (!model_.has_value()) {
    SKERRY_ASSIGN_OR_RETURN(model_, models_.Describe(alias_, ""));
  }
  return &*model_;
}

const TensorSpec* EdgeSpecs::Find(const std::vector<TensorSpec>& specs,
                                  const std::string& name, std::size_t index) {
  if (name.empty()) return index < specs.size() ? &specs[index] : nullptr;
  for (const TensorSpec& spec : specs) {
    if (spec.name == name) return &spec;
  }
  return nullptr;
}

Result<const TensorSpec*> EdgeSpecs::Input(const std::string& name,
                                           std::size_t index) {
  SKERRY_ASSIGN_OR_RETURN(const ModelDescription* const model, Model());
  return Find(model->inputs, name, index);
}

Result<const TensorSpec*> EdgeSpecs::Output(const std::string& name,
                                            std::size_t index) {
  SKERRY_ASSIGN_OR_RETURN(const ModelDescription* const model, Model());
  return Find(model->outputs, name, index);
}

Result<std::span<const std::byte>> EdgeMemory::Attach(
    const edge::SharedMemoryHandle& handle,
    std::optional<std::uint64_t> byte_count) {
  if (handle.size() == 0 && !byte_count.has_value()) {
    return InvalidArgument(
        "its shared_memory_handle has size 0, and nothing else tells how many "
        "bytes it has");
  }
  const std::uint64_t size = handle.size() == 0 ? *byte_count : handle.size();
  SKERRY_ASSIGN_OR_RETURN(SharedSpan span,
                          regions_.SystemV(handle.segment_id(), handle.offset(),
                                           size, caller_.peer()));
  const std::span<const std::byte> bytes = span.bytes;
  spans_.push_back(std::move(span));
  return bytes;
}

Result<void> EdgeMemory::Check() const {
  for (const SharedSpan& span : spans_) {
    if (!span.intact()) {
      return InvalidArgument(
          "a shared memory segment shrank while it was read");
    }
  }
  return {};
}

Result<TensorType> EdgeTensorType(const edge::TensorMetadata& metadata) {
  const auto type = FromEdgeType(metadata.data_type());
  if (!type.has_value()) {
    return InvalidArgument("data_type " + std::to_string(metadata.data_type()) +
                           " is none; 0 to 6 are");
  }
  SKERRY_ASSIGN_OR_RETURN(Shape shape, Shape::Create({metadata.shape().begin(),
                                                      metadata.shape().end()}));
  return TensorType{*type, std::move(shape)};
}

std::string EdgeTensorWords(const edge::Tensor& tensor, std::size_t index) {
  const std::string& name = tensor.tensor_metadata().name();
  return name.empty() ? "tensor " + std::to_string(index)
                      : "tensor '" + name + "'";
}

}  // namespace skerry::agent
