// Any bytes are read as what an executor and its worker send each other; an
// answer that is read is written and read again, and must be the same.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "skerry/agent/worker/channel.h"
#include "skerry/base/check.h"

using skerry::agent::DecodeReply;
using skerry::agent::DecodeRequest;
using skerry::agent::EncodeReply;
using skerry::agent::kWorkerReplyBytesMax;
using skerry::agent::WorkerReply;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  const std::span bytes(reinterpret_cast<const std::byte*>(data), size);
  static_cast<void>(DecodeRequest(bytes));
  const skerry::Result<WorkerReply> reply = DecodeReply(bytes);
  if (!reply) return 0;
  std::array<std::byte, kWorkerReplyBytesMax> buffer{};
  const auto again = DecodeReply(EncodeReply(*reply, buffer));
  SKERRY_CHECK(again && again->number == reply->number);
  SKERRY_CHECK(again->outcome.has_value() == reply->outcome.has_value());
  if (reply->outcome) {
    SKERRY_CHECK(*again->outcome == *reply->outcome);
  } else {
    SKERRY_CHECK(again->outcome.error().message() ==
                 reply->outcome.error().message());
  }
  return 0;
}
