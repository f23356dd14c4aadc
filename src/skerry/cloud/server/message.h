#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "skerry/base/result.h"
#include "skerry/http/client.h"
#include "skerry/platform/file.h"

namespace skerry::cloud {

/// What a client asks for, before its body.
struct RequestHead {
  std::string method;     ///< as sent: "GET"
  std::string target;     ///< as sent: path, '?', query
  http::Headers headers;  ///< in order; names in lower case
  /// Bytes of the body as they come; none: the client does not know (chunked).
  std::optional<std::uint64_t> content_length;
  std::string peer;  ///< "10.0.0.7:40312", for logs
  bool tls = false;

  /// `target` up to the '?', and what comes after it; not decoded.
  std::string_view path() const;
  std::string_view query() const;
  /// The first header called `name` (lower case); empty if there is none.
  std::string_view header(std::string_view name) const;
};

/// A part of a file that is sent as it is.
struct FileBody {
  platform::FileDescriptor file;
  std::uint64_t offset = 0;
  std::uint64_t byte_count = 0;
};

/// An answer. Content-Length, Date, Connection and Server are added.
struct Response {
  int status = 200;
  http::Headers headers;
  std::variant<std::string, FileBody> body;
  /// HEAD: the Content-Length of the body that is not sent.
  std::optional<std::uint64_t> head_length;
};

/// One request and its answer. The server calls `Begin` once, `Write` for each
/// piece of the body, then `Finish` once; each on some worker thread, never
/// two at once. It goes away early if the client does.
class Exchange {
 public:
  virtual ~Exchange() = default;

  /// The head is there. A response ends the exchange: the body is not asked
  /// for ("Expect: 100-continue" is answered only after this).
  virtual std::optional<Response> Begin() = 0;

  /// A piece of the body, at most some 256 KiB. A response ends the exchange.
  virtual std::optional<Response> Write(std::span<const std::byte> piece) = 0;

  /// The whole body has come.
  virtual Response Finish() = 0;
};

/// What a server does with requests.
///
/// Thread safety: thread-safe.
class Handler {
 public:
  virtual ~Handler() = default;
  virtual std::unique_ptr<Exchange> NewExchange(RequestHead head) = 0;
};

}  // namespace skerry::cloud
