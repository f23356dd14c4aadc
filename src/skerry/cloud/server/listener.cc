#include "skerry/cloud/server/listener.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <utility>

#include "skerry/platform/errno_error.h"

namespace skerry::cloud {
namespace {

constexpr int kBacklog = 4096;
constexpr std::chrono::milliseconds kPause{100};
/// Connections accepted before others have their turn.
constexpr int kBatch = 64;

using AddressList = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

Result<AddressList> Resolve(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos || colon == 0) {
    return InvalidArgument("address " + platform::Quoted(address) +
                           ": HOST:PORT is wanted");
  }
  std::string host = address.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  addrinfo hints = {};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int code =
      getaddrinfo(host.c_str(), address.c_str() + colon + 1, &hints, &found);
  AddressList list(found, &freeaddrinfo);
  if (code != 0) {
    return InvalidArgument("address " + platform::Quoted(address) + ": " +
                           gai_strerror(code));
  }
  return list;
}

/// "10.0.0.7:40312"; in brackets: "[::1]:40312".
std::string PrintAddress(const sockaddr_storage& address) {
  std::array<char, INET6_ADDRSTRLEN> text = {};
  if (address.ss_family == AF_INET6) {
    const auto& six = reinterpret_cast<const sockaddr_in6&>(address);
    inet_ntop(AF_INET6, &six.sin6_addr, text.data(), text.size());
    return "[" + std::string(text.data()) +
           "]:" + std::to_string(ntohs(six.sin6_port));
  }
  const auto& four = reinterpret_cast<const sockaddr_in&>(address);
  inet_ntop(AF_INET, &four.sin_addr, text.data(), text.size());
  return std::string(text.data()) + ":" + std::to_string(ntohs(four.sin_port));
}

int PortOf(int descriptor) {
  sockaddr_storage bound = {};
  socklen_t bytes = sizeof(bound);
  if (getsockname(descriptor, reinterpret_cast<sockaddr*>(&bound), &bytes) !=
      0) {
    return 0;
  }
  return bound.ss_family == AF_INET6
             ? ntohs(reinterpret_cast<const sockaddr_in6&>(bound).sin6_port)
             : ntohs(reinterpret_cast<const sockaddr_in&>(bound).sin_port);
}

}  // namespace

Result<ListeningSocket> Listen(const std::string& address) {
  SKERRY_ASSIGN_OR_RETURN(const AddressList list, Resolve(address));
  ListeningSocket result;
  result.descriptor = platform::FileDescriptor(
      socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int number = result.descriptor.number();
  const int on = 1;
  if (!result.descriptor.open() ||
      setsockopt(number, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
      bind(number, list->ai_addr, list->ai_addrlen) != 0 ||
      listen(number, kBacklog) != 0) {
    const int error = errno;
    const std::string who = "address " + platform::Quoted(address);
    return error == EADDRINUSE ? Unavailable(who + " is in use")
                               : platform::ErrnoError(error, who);
  }
  result.port = PortOf(number);
  return result;
}

Listener::Listener(boost::asio::io_context& loop,
                   platform::FileDescriptor descriptor, Accepted accepted,
                   const telemetry::Logger& log)
    : descriptor_(loop, descriptor.Release()),
      timer_(loop),
      accepted_(std::move(accepted)),
      log_(log) {}

void Listener::Start() {
  descriptor_.async_wait(
      boost::asio::posix::stream_descriptor::wait_read,
      [self = shared_from_this()](boost::system::error_code error) {
        if (!error && self->descriptor_.is_open()) self->OnReadable();
      });
}

void Listener::Stop() {
  boost::system::error_code ignored;
  (void)descriptor_.close(ignored);
  timer_.cancel();
}

void Listener::OnReadable() {
  for (int i = 0; i < kBatch && descriptor_.is_open(); ++i) {
    sockaddr_storage peer = {};
    socklen_t bytes = sizeof(peer);
    platform::FileDescriptor connection(
        accept4(descriptor_.native_handle(), reinterpret_cast<sockaddr*>(&peer),
                &bytes, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (connection.open()) {
      complained_ = false;
      accepted_(std::move(connection), PrintAddress(peer));
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
               errno == ENOMEM) {
      Pause(errno);
      return;
    } else if (errno != EINTR && errno != ECONNABORTED) {
      break;
    }
  }
  if (descriptor_.is_open()) Start();
}

void Listener::Pause(int error) {
  if (!complained_) {
    complained_ = true;
    log_.Error("connections_not_accepted",
               {{"reason", platform::ErrnoError(error, "accept").message()}});
  }
  timer_.expires_after(kPause);
  timer_.async_wait(
      [self = shared_from_this()](boost::system::error_code failed) {
        if (!failed && self->descriptor_.is_open()) self->Start();
      });
}

}  // namespace skerry::cloud
