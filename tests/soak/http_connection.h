#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "skerry/platform/file.h"

namespace skerry::soak {

struct HttpAnswer {
  int status = 0;
  std::string head;  ///< with the empty line at its end
  std::string body;

  /// A header's value, by its name in small letters; empty if it is absent.
  std::string Header(std::string_view name) const;
};

/// HTTP/1.1 over a unix socket, as bytes: nothing is checked before it is sent.
///
/// Thread safety: thread-compatible.
class HttpConnection {
 public:
  explicit HttpConnection(std::string socket) : socket_(std::move(socket)) {}

  /// Sends `bytes`, on a new connection if there is none. False if the peer
  /// has gone.
  bool Send(std::string_view bytes);

  /// The next answer; nothing if the peer closes the connection, sends
  /// something else, or takes more than a minute.
  std::optional<HttpAnswer> Receive();

  void Close() {
    file_.Close();
    buffer_.clear();
  }
  bool open() const { return file_.open(); }

  /// A POST with a body of `type` and more headers, each with its line end.
  static std::string Post(std::string_view path, std::string_view body,
                          std::string_view type, std::string_view headers = "");

 private:
  bool Connect();
  bool ReadMore();

  std::string socket_;
  platform::FileDescriptor file_;
  std::string buffer_;  ///< received, but not yet given out
};

}  // namespace skerry::soak
