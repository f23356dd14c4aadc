#include "skerry/agent/grpc/compression.h"

#include <grpc/impl/codegen/compression_types.h>
#include <grpcpp/support/proto_buffer_reader.h>

#include <string>
#include <utility>
#include <vector>

#include "skerry/agent/grpc/wire.h"
#include "skerry/agent/rest/content_encoding.h"

namespace skerry::agent {
namespace {

// gRPC's wrapper keeps this to itself; its readers may look.
class CompressionReader final : public grpc::ProtoBufferReader {
 public:
  explicit CompressionReader(grpc::ByteBuffer& message)
      : ProtoBufferReader(&message) {}

  grpc_compression_algorithm algorithm() {
    if (!status().ok()) return GRPC_COMPRESS_NONE;
    return reader()->buffer_in->data.raw.compression;
  }
};

std::string Content(const grpc::ByteBuffer& message) {
  std::string content;
  std::vector<grpc::Slice> slices;
  if (!message.Dump(&slices).ok()) return content;
  content.reserve(message.Length());
  for (const grpc::Slice& slice : slices) {
    content.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return content;
}

}  // namespace

Result<void> Decompress(grpc::ByteBuffer& message, std::size_t bytes_max) {
  const auto algorithm = CompressionReader(message).algorithm();
  if (algorithm == GRPC_COMPRESS_NONE) return {};
  SKERRY_ASSIGN_OR_RETURN(
      std::string content,
      DecodeContent(Content(message),
                    algorithm == GRPC_COMPRESS_GZIP ? "gzip" : "deflate",
                    bytes_max));
  message = BufferOf(std::move(content));
  return {};
}

}  // namespace skerry::agent
