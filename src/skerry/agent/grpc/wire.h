#pragma once

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/slice.h>

#include <cstddef>
#include <string>
#include <vector>

namespace skerry::agent {

/// A message of these bytes, which are kept, not copied.
grpc::ByteBuffer BufferOf(std::string&& bytes);

/// Writes a protobuf message for gRPC without copying its large parts:
/// messages whose fields follow each other are one message.
///
/// Thread safety: thread-compatible.
class MessageWriter {
 public:
  /// The fields of `message`, a protobuf message.
  template <class Message>
  void Add(const Message& message) {
    const std::size_t before = text_.size();
    message.AppendPartialToString(&text_);
    bytes_ += text_.size() - before;
  }

  /// Field `number`, of type bytes or string. Large ones are kept, not copied.
  void AddBytes(int number, std::string&& bytes);

  /// Field `number`, of the message that `writer` has.
  void AddMessage(int number, MessageWriter writer);

  /// What has been added; leaves the writer empty.
  grpc::ByteBuffer Take();

 private:
  void AddPrefix(int number, std::size_t length);
  void Flush();

  std::vector<grpc::Slice> slices_;
  std::string text_;  ///< behind the slices
  std::size_t bytes_ = 0;
};

}  // namespace skerry::agent
