#include "skerry/cloud/sagemaker/verified_exchange.h"

#include <chrono>
#include <utility>

#include "skerry/cloud/database/database.h"

namespace skerry::cloud {

VerifiedExchange::VerifiedExchange(AccessKeys& keys, RequestHead head,
                                   std::size_t body_bytes_max)
    : keys_(keys),
      head_(std::move(head)),
      body_bytes_max_(body_bytes_max),
      request_id_(NewRowId()) {}

std::optional<Response> VerifiedExchange::Begin() {
  ApiResult<VerifiedRequest> verified =
      VerifyRequest(head_, keys_, std::chrono::system_clock::now());
  if (!verified) return Refuse(verified.error());
  verified_ = *std::move(verified);
  return CheckSize(head_.content_length.value_or(0));
}

std::optional<Response> VerifiedExchange::Write(
    std::span<const std::byte> piece) {
  const ApiResult<void> read = verified_.payload->Read(piece, content_);
  if (!read) return Refuse(read.error());
  return CheckSize(content_.size());
}

Response VerifiedExchange::Finish() {
  const ApiResult<void> end = verified_.payload->End();
  if (!end) return Refuse(end.error());
  return Answer(
      {reinterpret_cast<const char*>(content_.data()), content_.size()});
}

std::optional<Response> VerifiedExchange::CheckSize(
    std::uint64_t byte_count) const {
  if (byte_count <= body_bytes_max_) return std::nullopt;
  return Refuse({413, "RequestEntityTooLarge",
                 "The request's body is longer than " +
                     std::to_string(body_bytes_max_) + " bytes, the limit."});
}

}  // namespace skerry::cloud
