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

enum class HttpMethod { kGet, kHead, kPost, kOther };

/// A request as the handlers see it: no sockets, no third party's types.
struct HttpRequest {
  HttpMethod method = HttpMethod::kOther;
  std::string path;  ///< as sent, without the query
  std::string body;
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

/// `head` and the header lines of `response`: all before its body.
std::string PrintHttpHead(const HttpResponse& response, bool keep_alive,
                          bool old_client);

}  // namespace skerry::agent
