#include "skerry/agent/grpc/wire.h"

#include <cstdint>
#include <memory>
#include <utility>

namespace skerry::agent {
namespace {

// A slice of its own costs two allocations, and a piece of a list that the
// kernel walks; copying less than this is cheaper.
constexpr std::size_t kBytesCopiedMax = 4096;

constexpr std::uint32_t kLengthDelimited = 2;  // protobuf's wire type

void AppendVarint(std::string& text, std::uint64_t value) {
  while (value >= 0x80) {
    text.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  text.push_back(static_cast<char>(value));
}

void DeleteString(void* text) {
  const std::unique_ptr<std::string> owner(static_cast<std::string*>(text));
}

grpc::Slice SliceOf(std::string&& text) {
  auto owner = std::make_unique<std::string>(std::move(text));
  char* const data = owner->data();
  const std::size_t size = owner->size();
  return {data, size, &DeleteString, owner.release()};
}

}  // namespace

grpc::ByteBuffer BufferOf(std::string&& bytes) {
  const grpc::Slice slice = SliceOf(std::move(bytes));
  return {&slice, 1};
}

void MessageWriter::AddPrefix(int number, std::size_t length) {
  const std::size_t before = text_.size();
  AppendVarint(text_,
               static_cast<std::uint32_t>(number) << 3 | kLengthDelimited);
  AppendVarint(text_, length);
  bytes_ += text_.size() - before;
}

void MessageWriter::AddBytes(int number, std::string&& bytes) {
  AddPrefix(number, bytes.size());
  bytes_ += bytes.size();
  if (bytes.size() <= kBytesCopiedMax) {
    text_ += bytes;
    return;
  }
  Flush();
  slices_.push_back(SliceOf(std::move(bytes)));
}

void MessageWriter::AddMessage(int number, MessageWriter writer) {
  AddPrefix(number, writer.bytes_);
  bytes_ += writer.bytes_;
  if (writer.slices_.empty()) {
    text_ += writer.text_;
    return;
  }
  Flush();
  slices_.insert(slices_.end(), writer.slices_.begin(), writer.slices_.end());
  text_ = std::move(writer.text_);
}

void MessageWriter::Flush() {
  if (text_.empty()) return;
  slices_.push_back(SliceOf(std::move(text_)));
  text_.clear();
}

grpc::ByteBuffer MessageWriter::Take() {
  Flush();
  bytes_ = 0;
  if (slices_.empty()) slices_.emplace_back();  // the empty message
  grpc::ByteBuffer buffer(slices_.data(), slices_.size());
  slices_.clear();
  return buffer;
}

}  // namespace skerry::agent
