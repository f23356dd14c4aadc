#pragma once

#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/status.h>

#include <cstddef>

#include "skerry/base/result.h"

namespace skerry::agent {

/// A status' message goes with the trailers, which clients bound at 8 KiB;
/// longer ones are cut.
inline constexpr std::size_t kStatusMessageBytesMax = 1024;

/// The error as gRPC says it: same code, same words.
grpc::Status ToStatus(const Error& error);

/// Reads a message. kInvalidArgument if the bytes are none.
template <class Message>
Result<void> ParseMessage(grpc::ByteBuffer* bytes, Message* message) {
  const grpc::Status status =
      grpc::SerializationTraits<Message>::Deserialize(bytes, message);
  if (status.ok()) return {};
  return InvalidArgument("the message is not a valid " +
                         message->GetTypeName());
}

}  // namespace skerry::agent
