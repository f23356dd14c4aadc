#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "skerry/cloud/identity/identity.h"
#include "skerry/cloud/server/message.h"

namespace skerry::cloud {

/// An exchange whose signature is verified, and whose body is held in memory,
/// before it is answered.
///
/// Thread safety: thread-compatible.
class VerifiedExchange : public Exchange {
 public:
  /// `keys` outlives it.
  VerifiedExchange(AccessKeys& keys, RequestHead head,
                   std::size_t body_bytes_max);

  std::optional<Response> Begin() final;
  std::optional<Response> Write(std::span<const std::byte> piece) final;
  Response Finish() final;

 protected:
  /// Answers the verified request.
  virtual Response Answer(std::string_view body) = 0;
  /// Writes an error in the protocol's way.
  virtual Response Refuse(const ApiError& error) const = 0;

  const RequestHead& head() const { return head_; }
  const VerifiedRequest& verified() const { return verified_; }
  const std::string& request_id() const { return request_id_; }

 private:
  std::optional<Response> CheckSize(std::uint64_t byte_count) const;

  AccessKeys& keys_;
  RequestHead head_;
  std::size_t body_bytes_max_;
  VerifiedRequest verified_;
  std::vector<std::byte> content_;
  std::string request_id_;
};

}  // namespace skerry::cloud
