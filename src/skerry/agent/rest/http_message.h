#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "skerry/agent/shm/shared_regions.h"
#include "skerry/base/error.h"

namespace skerry::agent {

/// Bytes that the bodies of all connections together may take.
///
/// Thread safety: thread-safe.
class BodyBudget {
 public:
  explicit BodyBudget(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  bool Take(std::size_t bytes) {
    if (bytes_.fetch_add(bytes) + bytes <= bytes_max_) {
      return true;
    }
    GiveBack(bytes);
    return false;
  }
  void GiveBack(std::size_t bytes) { bytes_.fetch_sub(bytes); }

 private:
  const std::size_t bytes_max_;
  std::atomic<std::size_t> bytes_ = 0;
};

/// Smaller bodies always find room: 4096 connections of them take 256 MiB.
inline constexpr std::size_t kFreeBodyBytes = std::size_t{64} << 10;

/// A part of a budget, given back with this object.
class BodyClaim {
 public:
  BodyClaim() = default;
  BodyClaim(std::shared_ptr<BodyBudget> budget, std::size_t bytes)
      : budget_(std::move(budget)), bytes_(bytes) {}
  BodyClaim(BodyClaim&&) noexcept = default;
  BodyClaim& operator=(BodyClaim&& other) noexcept {
    budget_.swap(other.budget_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~BodyClaim() {
    if (budget_ != nullptr) {
      budget_->GiveBack(bytes_);
    }
  }

 private:
  std::shared_ptr<BodyBudget> budget_;
  std::size_t bytes_ = 0;
};

enum class HttpMethod { kGet, kHead, kPost, kOther };

/// A request as the handlers see it: no sockets, no third party's types.
struct HttpRequest {
  HttpMethod method = HttpMethod::kOther;
  std::string path;  ///< as sent, without the query
  std::string body;
  BodyClaim claim;  ///< for `body`
  std::string content_encoding;
  std::optional<std::string> json_length;  ///< Inference-Header-Content-Length
  std::string unit;
  std::string traceparent;
  Peer peer;
  std::chrono::steady_clock::time_point received;
  /// Set once the client is gone.
  std::shared_ptr<std::atomic<bool>> cancelled;
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  /// Bytes that follow `body`, without being copied together.
  std::vector<std::string> more;
};

/// Takes the answer to one request, on any thread, once.
using HttpReply = std::move_only_function<void(HttpResponse)>;

/// The status that tells `code`.
int HttpStatus(ErrorCode code);

/// The words after a status, such as "Not Found".
std::string_view HttpReason(int status);

/// {"error": "..."}
HttpResponse HttpErrorResponse(int status, std::string_view message);
HttpResponse HttpErrorResponse(const Error& error);

/// `text` as a JSON string, with its quotes. Bytes that are no UTF-8 become
/// replacement characters.
std::string JsonQuoted(std::string_view text);

/// The status line and the header lines of `response`: all before its body.
/// `old_client` speaks HTTP/1.0, where connections end unless told otherwise.
std::string PrintHttpHead(const HttpResponse& response, bool keep_alive,
                          bool old_client);

}  // namespace skerry::agent
