#pragma once

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <memory>
#include <optional>
#include <string>

#include "skerry/base/result.h"
#include "skerry/http/client.h"
#include "skerry/http/lookup.h"

namespace skerry::http {

/// An open connection to a server. After an error it is of no more use.
///
/// Thread safety: thread-compatible.
class Connection {
 public:
  /// Looks up, connects, and shakes hands if `tls` is given. `unix_socket`: the
  /// path to connect to instead of the server's host and port; or empty.
  static Result<std::unique_ptr<Connection>> Open(
      const Url& server, const std::string& unix_socket,
      std::shared_ptr<boost::asio::ssl::context> tls, const Limit& limit);

  /// Sends a request and reads the response, whose body takes at most
  /// `body_bytes_max`.
  Result<Response> Exchange(const Request& request, std::size_t body_bytes_max,
                            const Limit& limit);

  /// Whether another request may be sent: the server keeps the connection,
  /// and has neither closed it nor sent anything since.
  bool Usable();

  /// Whether a byte of the last response came.
  bool response_begun() const { return response_begun_; }

 private:
  // Of TCP or of a unix socket.
  using Socket = boost::asio::generic::stream_protocol::socket;

  Connection(const Url& server, std::shared_ptr<boost::asio::ssl::context> tls);

  Result<void> Connect(const std::string& unix_socket, const Limit& limit);
  Result<void> ShakeHands(const Limit& limit);
  Result<void> Write(const Request& request, const Limit& limit);
  Result<Response> Read(bool head, std::size_t body_bytes_max,
                        const Limit& limit);
  Error FaultOf(const boost::system::error_code& fault);

  template <class Start>
  Result<void> Await(const Limit& limit, Start start);
  template <class Start>
  Result<void> AwaitStream(const Limit& limit, Start start);

  Url server_;
  std::shared_ptr<boost::asio::ssl::context> tls_;
  boost::asio::io_context events_{1};
  Socket socket_{events_};
  std::optional<boost::asio::ssl::stream<Socket&>> stream_;
  boost::beast::flat_buffer buffer_;
  bool kept_ = false;
  bool response_begun_ = false;
};

}  // namespace skerry::http
