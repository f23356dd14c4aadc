#include "skerry/http/connection.h"

#include <sys/socket.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/span_body.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "skerry/http/lookup.h"
#include "skerry/http/tls.h"

namespace skerry::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace wire = boost::beast::http;
using boost::system::error_code;
using BodyView = wire::span_body<const char>;
using Parser = wire::response_parser<wire::string_body>;

constexpr std::uint32_t kHeaderBytesMax = std::uint32_t{64} << 10;
// "103 Early Hints" and the like, before the response itself.
constexpr int kInterimResponsesMax = 8;

Error TooLate() { return {ErrorCode::kDeadlineExceeded, "no answer in time"}; }

Error Stopped() { return {ErrorCode::kCancelled, "stopped"}; }

bool IsSslFault(const error_code& fault) {
  return fault.category() == asio::error::get_ssl_category();
}

bool TakesBody(std::string_view method) {
  return method == "POST" || method == "PUT" || method == "PATCH";
}

wire::request<BodyView> WireRequest(const Request& request,
                                    const std::string& authority) {
  wire::request<BodyView> message;
  message.method_string(request.method);
  message.target(request.target);
  message.version(11);
  message.set(wire::field::host, authority);
  for (const auto& [name, value] : request.headers) {
    message.insert(name, value);
  }
  message.body() = {request.body.data(), request.body.size()};
  if (!request.body.empty() || TakesBody(request.method)) {
    message.content_length(request.body.size());
  }
  return message;
}

Response TakeResponse(wire::response<wire::string_body> message) {
  Response response;
  response.status = static_cast<int>(message.result_int());
  for (const auto& field : message) {
    response.headers.emplace_back(field.name_string(), field.value());
  }
  response.body = std::move(message.body());
  return response;
}

}  // namespace

Connection::Connection(const Url& server,
                       std::shared_ptr<asio::ssl::context> tls)
    : server_(server), tls_(std::move(tls)) {}

// Starts an operation and runs its events until it is done. When it is given
// up, the socket is closed, which ends any operation.
template <class Start>
Result<void> Connection::Await(const Limit& limit, Start start) {
  std::optional<error_code> outcome;
  events_.restart();
  const std::stop_callback stopped(limit.stop, [this] { events_.stop(); });
  start(
      [&outcome](const error_code& fault, const auto&...) { outcome = fault; });
  while (!outcome && events_.run_one_until(limit.deadline) > 0) {
  }
  if (!outcome) {
    error_code ignored;
    (void)socket_.close(ignored);
    while (!outcome) {
      events_.restart();
      events_.run_one();
    }
    return limit.stop.stop_requested() ? Stopped() : TooLate();
  }
  if (*outcome) return FaultOf(*outcome);
  return {};
}

template <class Start>
Result<void> Connection::AwaitStream(const Limit& limit, Start start) {
  return Await(limit, [&](auto done) {
    if (stream_) {
      start(*stream_, std::move(done));
    } else {
      start(socket_, std::move(done));
    }
  });
}

Result<std::unique_ptr<Connection>> Connection::Open(
    const Url& server, const std::string& unix_socket,
    std::shared_ptr<asio::ssl::context> tls, const Limit& limit) {
  std::unique_ptr<Connection> connection(
      new Connection(server, std::move(tls)));
  SKERRY_RETURN_IF_ERROR(connection->Connect(unix_socket, limit));
  if (connection->tls_) {
    SKERRY_RETURN_IF_ERROR(connection->ShakeHands(limit));
  }
  connection->kept_ = true;
  return connection;
}

Result<void> Connection::Connect(const std::string& unix_socket,
                                 const Limit& limit) {
  std::vector<asio::generic::stream_protocol::endpoint> endpoints;
  if (!unix_socket.empty()) {
    endpoints.emplace_back(asio::local::stream_protocol::endpoint(unix_socket));
  } else {
    SKERRY_ASSIGN_OR_RETURN(const auto found,
                            LookUp(server_.host, server_.port, limit));
    endpoints.assign(found.begin(), found.end());
  }
  SKERRY_RETURN_IF_ERROR(Await(limit, [&](auto done) {
    asio::async_connect(socket_, endpoints, std::move(done));
  }));
  error_code ignored;  // of a unix socket, which has no such option
  (void)socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  return {};
}

Result<void> Connection::ShakeHands(const Limit& limit) {
  stream_.emplace(socket_, *tls_);
  SSL* session = stream_->native_handle();
  SKERRY_RETURN_IF_ERROR(ExpectHost(session, server_.host));
  return Await(limit, [&](auto done) {
    stream_->async_handshake(asio::ssl::stream_base::client, std::move(done));
  });
}

Result<Response> Connection::Exchange(const Request& request,
                                      std::size_t body_bytes_max,
                                      const Limit& limit) {
  kept_ = false;
  response_begun_ = false;
  const Result<void> written = Write(request, limit);
  // A server may refuse a long body by an answer before its end.
  if (!written && written.error().code() != ErrorCode::kUnavailable) {
    return written.error();
  }
  Result<Response> response =
      Read(request.method == "HEAD", body_bytes_max, limit);
  if (!written) kept_ = false;
  return response;
}

Result<void> Connection::Write(const Request& request, const Limit& limit) {
  const wire::request<BodyView> message =
      WireRequest(request, server_.authority());
  wire::request_serializer<BodyView> serializer(message);
  return AwaitStream(limit, [&](auto& stream, auto done) {
    wire::async_write(stream, serializer, std::move(done));
  });
}

Result<Response> Connection::Read(bool head, std::size_t body_bytes_max,
                                  const Limit& limit) {
  for (int i = 0; i <= kInterimResponsesMax; ++i) {
    Parser parser;
    parser.header_limit(kHeaderBytesMax);
    parser.body_limit(body_bytes_max);
    parser.skip(head);
    const Result<void> read = AwaitStream(limit, [&](auto& stream, auto done) {
      wire::async_read(stream, buffer_, parser, std::move(done));
    });
    response_begun_ = response_begun_ || parser.got_some();
    if (!read) return read.error();
    if (parser.get().result_int() < 200) continue;
    // Bytes that nobody asked for would be taken for the next response.
    kept_ = parser.keep_alive() && buffer_.size() == 0;
    return TakeResponse(parser.release());
  }
  return Unavailable("more than " + std::to_string(kInterimResponsesMax) +
                     " interim responses");
}

Error Connection::FaultOf(const error_code& fault) {
  if (fault == wire::error::body_limit) {
    return ResourceExhausted("the response is longer than the limit");
  }
  if (fault == wire::error::header_limit) {
    return ResourceExhausted("the response's header holds more than " +
                             std::to_string(kHeaderBytesMax) +
                             " bytes, the limit");
  }
  if (IsSslFault(fault)) {
    const std::string distrust =
        stream_ ? DistrustOf(stream_->native_handle()) : "";
    return FailedPrecondition("TLS: " +
                              (distrust.empty() ? fault.message() : distrust));
  }
  return Unavailable(fault.message());
}

bool Connection::Usable() {
  if (!kept_) return false;
  char byte = 0;
  const ssize_t count =
      recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

}  // namespace skerry::http
