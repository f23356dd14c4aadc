#pragma once

#include <grpcpp/support/byte_buffer.h>

#include <cstddef>

#include "skerry/base/result.h"

namespace skerry::agent {

/// Undoes the compression of a message (gzip, deflate), if it has one. gRPC
/// itself would check the size before it unpacks, and a few compressed bytes
/// may stand for more than memory holds.
///
/// Errors: kInvalidArgument (damaged), kResourceExhausted (more than
/// `bytes_max`), kUnimplemented (of another kind).
Result<void> Decompress(grpc::ByteBuffer& message, std::size_t bytes_max);

}  // namespace skerry::agent
