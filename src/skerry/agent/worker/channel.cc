#include "skerry/agent/worker/channel.h"

#include <algorithm>
#include <cstring>

#include "skerry/model/crc32c.h"

namespace skerry::agent {
namespace {

// Kernels may count on it, and the two processes share no line.
constexpr std::size_t kAlignment = 64;

constexpr std::size_t kReplyHeadBytes = sizeof(std::uint64_t) + 1;
constexpr std::uint8_t kLastCode =
    static_cast<std::uint8_t>(ErrorCode::kUnauthenticated);

void Place(const std::vector<TensorSpec>& specs,
           std::vector<ChannelLayout::Part>& parts, std::size_t& end) {
  for (const TensorSpec& spec : specs) {
    const auto byte_count = static_cast<std::size_t>(spec.type.byte_count());
    parts.push_back({end, byte_count});
    end += (byte_count + kAlignment - 1) / kAlignment * kAlignment;
  }
}

}  // namespace

std::array<std::byte, kWorkerRequestBytes> EncodeRequest(std::uint64_t number) {
  std::array<std::byte, kWorkerRequestBytes> message{};
  std::memcpy(message.data(), &number, sizeof number);
  return message;
}

Result<std::uint64_t> DecodeRequest(std::span<const std::byte> message) {
  if (message.size() != kWorkerRequestBytes) {
    return InvalidArgument("a request of " + std::to_string(message.size()) +
                           " bytes, want " +
                           std::to_string(kWorkerRequestBytes));
  }
  std::uint64_t number = 0;
  std::memcpy(&number, message.data(), sizeof number);
  return number;
}

std::span<const std::byte> EncodeReply(
    const WorkerReply& reply,
    std::span<std::byte, kWorkerReplyBytesMax> buffer) {
  const Result<std::string_view>& outcome = reply.outcome;
  const std::string_view text =
      outcome ? *outcome : std::string_view(outcome.error().message());
  const std::string_view cut = text.substr(0, kWorkerTextBytesMax);
  std::memcpy(buffer.data(), &reply.number, sizeof reply.number);
  buffer[sizeof reply.number] =
      outcome ? std::byte{0} : static_cast<std::byte>(outcome.error().code());
  std::ranges::copy(std::as_bytes(std::span(cut)),
                    buffer.begin() + kReplyHeadBytes);
  return buffer.first(kReplyHeadBytes + cut.size());
}

Result<WorkerReply> DecodeReply(std::span<const std::byte> message) {
  if (message.size() < kReplyHeadBytes ||
      message.size() > kWorkerReplyBytesMax) {
    return InvalidArgument("an answer of " + std::to_string(message.size()) +
                           " bytes");
  }
  std::uint64_t number = 0;
  std::memcpy(&number, message.data(), sizeof number);
  const auto code = static_cast<std::uint8_t>(message[sizeof number]);
  const std::span<const std::byte> rest = message.subspan(kReplyHeadBytes);
  const std::string_view text(reinterpret_cast<const char*>(rest.data()),
                              rest.size());
  if (code == 0) return WorkerReply{number, text};
  if (code > kLastCode) {
    return InvalidArgument("an answer with status " + std::to_string(code));
  }
  return WorkerReply{number,
                     Error(static_cast<ErrorCode>(code), std::string(text))};
}

ChannelLayout LayOut(const Manifest& manifest) {
  ChannelLayout layout;
  std::size_t end = 0;
  Place(manifest.inputs, layout.inputs, end);
  Place(manifest.outputs, layout.outputs, end);
  layout.byte_count = std::max(end, kAlignment);
  return layout;
}

std::string FingerprintOf(const Manifest& manifest) {
  const std::string text = PrintManifest(manifest);
  return std::to_string(Crc32c(std::as_bytes(std::span(text))));
}

}  // namespace skerry::agent
