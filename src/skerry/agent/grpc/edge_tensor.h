#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "edge_agent.pb.h"
#include "skerry/agent/grpc/caller.h"
#include "skerry/agent/services.h"
#include "skerry/base/result.h"
#include "skerry/model/manifest.h"

namespace skerry::agent {

/// Which of a model's tensors those of a request are. The model is looked up
/// only if some tensor leaves something open.
///
/// Thread safety: thread-compatible.
class EdgeSpecs {
 public:
  EdgeSpecs(const ModelStore& models, std::string alias)
      : models_(models), alias_(std::move(alias)) {}

  /// The input called `name`, or number `index` if that is empty; null if the
  /// model has none. Errors: kNotFound (the model).
  Result<const TensorSpec*> Input(const std::string& name, std::size_t index);
  Result<const TensorSpec*> Output(const std::string& name, std::size_t index);

  Result<const ModelDescription*> Model();

 private:
  static const TensorSpec* Find(const std::vector<TensorSpec>& specs,
                                const std::string& name, std::size_t index);

  const ModelStore& models_;
  const std::string alias_;
  std::optional<ModelDescription> model_;
};

/// Tensors and auxiliary data as clients send them: inline, or in a System V
/// segment, which stays attached while this lives.
///
/// Thread safety: thread-compatible.
class EdgeMemory {
 public:
  EdgeMemory(SharedRegions& regions, const Caller& caller)
      : regions_(regions), caller_(caller) {}

  /// The bytes of `data`, a Tensor or AuxilaryData. A handle of size 0 means
  /// `byte_count` bytes; without that it is refused.
  ///
  /// Errors: kInvalidArgument if there are none; those of SharedRegions.
  template <class Data>
  Result<std::span<const std::byte>> Bytes(
      const Data& data, std::optional<std::uint64_t> byte_count) {
    if (data.data_case() == Data::kByteData) {
      return std::as_bytes(std::span(data.byte_data()));
    }
    if (data.data_case() == Data::kSharedMemoryHandle) {
      return Attach(data.shared_memory_handle(), byte_count);
    }
    return InvalidArgument(
        "it has neither byte_data nor a shared_memory_handle");
  }

  /// kInvalidArgument if a segment shrank while it was read.
  Result<void> Check() const;

 private:
  Result<std::span<const std::byte>> Attach(
      const AWS::SageMaker::Edge::SharedMemoryHandle& handle,
      std::optional<std::uint64_t> byte_count);

  SharedRegions& regions_;
  const Caller& caller_;
  std::vector<SharedSpan> spans_;
};

/// The bytes that a dense tensor of this description has. kInvalidArgument if
/// the shape or type is none.
Result<TensorType> EdgeTensorType(
    const AWS::SageMaker::Edge::TensorMetadata& metadata);

/// How an error calls the tensor: "tensor 'x'", or "tensor 0".
std::string EdgeTensorWords(const AWS::SageMaker::Edge::Tensor& tensor,
                            std::size_t index);

}  // namespace skerry::agent
