#pragma once

#include <grpcpp/support/byte_buffer.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "open_inference.pb.h"
#include "skerry/agent/client/client.h"
#include "skerry/agent/client/region.h"
#include "skerry/base/result.h"

namespace skerry::agent {

/// Where each tensor of a list lies in one piece of memory.
struct Places {
  std::vector<std::size_t> offsets;
  std::size_t byte_count = 0;  ///< of all
};

/// Places for `specs`, one after the other, each aligned to 64 bytes.
Places PlaceTensors(std::span<const TensorSpec> specs);

/// The bytes of the tensor `index` in `memory`.
std::span<std::byte> BytesAt(std::span<std::byte> memory, const Places& places,
                             std::span<const TensorSpec> specs,
                             std::size_t index);

/// A request whose tensors travel inline. It can be sent again and again: its
/// tensors' bytes are not copied but borrowed, from `memory`, which lives as
/// long as gRPC has the message.
grpc::ByteBuffer InlineRequest(const RemoteModel& model,
                               const std::shared_ptr<std::byte[]>& memory,
                               const Places& places);

/// A request whose tensors lie in the two regions.
grpc::ByteBuffer SharedRequest(const RemoteModel& model, const Region& inputs,
                               const Places& input_places,
                               const Region& outputs,
                               const Places& output_places);

/// The outputs' bytes in an answer that has them inline, in the model's order.
/// They borrow from `response`. kInternal says what does not fit.
Result<std::vector<std::span<const std::byte>>> InlineOutputs(
    const RemoteModel& model, const inference::ModelInferResponse& response);

/// How long the model took, as the agent tells in a parameter of the answer;
/// 0 if it does not.
std::chrono::nanoseconds ModelTime(
    const inference::ModelInferResponse& response);

/// What the agent says of a model, checked. kInternal.
Result<RemoteModel> ReadMetadata(
    const inference::ModelMetadataResponse& response);

}  // namespace skerry::agent
