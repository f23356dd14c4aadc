#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "skerry/cloud/server/message.h"

namespace skerry::cloud {

/// Bytes of a request's first line.
inline constexpr std::size_t kRequestLineBytesMax = std::size_t{16} << 10;

struct ParserLimits {
  std::size_t header_bytes_max = std::size_t{32} << 10;
  std::size_t header_count_max = 100;
};

/// Why a request is none: the status that says so, and words for a person.
struct ParseFault {
  int status = 400;
  std::string message;
};

/// Reads one request, head and body, from bytes that come in pieces. It is
/// strict where others might read the same bytes as another message: lines end
/// in CRLF and are not folded, a body has one length, and no coding but
/// "chunked".
///
/// Thread safety: thread-compatible.
class RequestParser {
 public:
  explicit RequestParser(const ParserLimits& limits);
  ~RequestParser();

  /// Reads the head at the beginning of `input`, which has all that came so
  /// far, and returns how many bytes it has; 0: there must come more.
  std::expected<std::size_t, ParseFault> ReadHead(std::string_view input);

  /// Whose body is read next.
  RequestHead TakeHead();
  bool keep_alive() const;
  bool http10() const;
  /// "Expect: 100-continue" was said, and there is a body.
  bool expects_continue() const;

  /// Reads the body's next bytes from `input`, appends content to `content`
  /// and returns how many bytes it took. Those that it left are to be given
  /// again, together with what comes.
  std::expected<std::size_t, ParseFault> ReadBody(std::string_view input,
                                                  std::string& content);
  /// The whole message was read.
  bool done() const;
  /// Bytes of the body that are still to come; none: nobody knows.
  std::optional<std::uint64_t> body_bytes_left() const;

 private:
  class Reader;

  const ParserLimits limits_;
  std::unique_ptr<Reader> reader_;
  std::size_t searched_ = 0;  // of the input that has no whole head yet
};

}  // namespace skerry::cloud
