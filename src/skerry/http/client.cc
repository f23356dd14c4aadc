#include "skerry/http/client.h"

#include <sys/un.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "skerry/http/connection.h"
#include "skerry/http/tls.h"

namespace skerry::http {
namespace {

// A token of RFC 9110: methods and the names of headers.
bool IsToken(std::string_view text) {
  static constexpr std::string_view kPunctuation = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
           (c >= 'A' && c <= 'Z') || kPunctuation.contains(c);
  });
}

bool IsControl(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

// What would let a value end its line, and begin one of its own.
Result<void> CheckRequest(const Request& request) {
  if (!IsToken(request.method)) {
    return InvalidArgument("the request's method is no word");
  }
  if (!request.target.starts_with('/') ||
      std::ranges::any_of(request.target, [](char c) {
        return IsControl(c) || c == ' ' || c == '#';
      })) {
    return InvalidArgument(
        "the request's target begins with no '/' or has a character that must "
        "be escaped");
  }
  for (const auto& [name, value] : request.headers) {
    if (!IsToken(name)) return InvalidArgument("a header's name is no word");
    if (std::ranges::any_of(value,
                            [](char c) { return IsControl(c) && c != '\t'; })) {
      return InvalidArgument("header '" + name +
                             "': its value has a control character");
    }
  }
  return {};
}

// What an address of the kernel holds, without its zero.
constexpr std::size_t kSocketPathBytesMax = sizeof(sockaddr_un::sun_path) - 1;

bool MayBeRepeated(std::string_view method) {
  return method != "POST" && method != "PATCH";
}

class ClientImpl final : public Client {
 public:
  ClientImpl(Url server, ClientOptions options,
             std::shared_ptr<boost::asio::ssl::context> tls)
      : server_(std::move(server)),
        options_(std::move(options)),
        tls_(std::move(tls)) {}

  Result<Response> Send(const Request& request) override {
    SKERRY_RETURN_IF_ERROR(CheckRequest(request));
    const Limit limit = {std::chrono::steady_clock::now() + options_.timeout,
                         options_.stop};
    try {
      Result<Response> response = SendWithin(limit, request);
      if (!response) connection_.reset();
      if (!response) return response.error().WithContext(name());
      return response;
    } catch (const std::exception& fault) {  // of Boost: no memory, no sockets
      connection_.reset();
      return Unavailable(fault.what()).WithContext(name());
    }
  }

 private:
  std::string name() const {
    return (server_.tls ? "https://" : "http://") + server_.authority();
  }

  Result<Response> SendWithin(const Limit& limit, const Request& request) {
    if (connection_ && connection_->Usable()) {
      Result<Response> response = Exchange(limit, request);
      // Servers close idle connections: it may have been on its way.
      const bool dropped = !response && !connection_->response_begun() &&
                           response.error().code() == ErrorCode::kUnavailable;
      if (!dropped || !MayBeRepeated(request.method)) return response;
    }
    connection_.reset();
    SKERRY_ASSIGN_OR_RETURN(
        connection_,
        Connection::Open(server_, options_.unix_socket, tls_, limit));
    return Exchange(limit, request);
  }

  Result<Response> Exchange(const Limit& limit, const Request& request) {
    return connection_->Exchange(request, options_.response_bytes_max, limit);
  }

  Url server_;
  ClientOptions options_;
  std::shared_ptr<boost::asio::ssl::context> tls_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace

Result<std::unique_ptr<Client>> Client::Create(const Url& base,
                                               ClientOptions options) {
  if (options.unix_socket.size() > kSocketPathBytesMax) {
    return InvalidArgument("the socket's path holds " +
                           std::to_string(options.unix_socket.size()) +
                           " bytes, limit " +
                           std::to_string(kSocketPathBytesMax));
  }
  std::shared_ptr<boost::asio::ssl::context> tls;
  if (base.tls) {
    SKERRY_ASSIGN_OR_RETURN(tls, MakeTlsContext(options));
  }
  return std::make_unique<ClientImpl>(base, std::move(options), std::move(tls));
}

}  // namespace skerry::http
