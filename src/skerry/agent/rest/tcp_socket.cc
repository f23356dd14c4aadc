#include "skerry/agent/rest/tcp_socket.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <memory>

#include "skerry/platform/errno_error.h"

namespace skerry::agent {
namespace {

constexpr int kTcpBacklog = 1024;

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

int PortOf(int descriptor) {
  sockaddr_storage bound = {};
  socklen_t bytes = sizeof(bound);
  if (getsockname(descriptor, reinterpret_cast<sockaddr*>(&bound), &bytes) !=
      0) {
    return 0;
  }
  return bound.ss_family == AF_INET6
             ? ntohs(reinterpret_cast<const sockaddr_in6*>(&bound)->sin6_port)
             : ntohs(reinterpret_cast<const sockaddr_in*>(&bound)->sin_port);
}

}  // namespace

Result<TcpSocket> TcpSocket::Listen(const std::string& address) {
  SKERRY_ASSIGN_OR_RETURN(const AddressList list, Resolve(address));
  TcpSocket result;
  result.descriptor = platform::FileDescriptor(
      socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int number = result.descriptor.number();
  const int on = 1;
  if (!result.descriptor.open() ||
      setsockopt(number, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
      bind(number, list->ai_addr, list->ai_addrlen) != 0 ||
      listen(number, kTcpBacklog) != 0) {
    const int error = errno;
    const std::string who = "address " + platform::Quoted(address);
    return error == EADDRINUSE ? AlreadyExists(who + " is in use")
                               : platform::ErrnoError(error, who);
  }
  result.port = PortOf(number);
  return result;
}

}  // namespace skerry::agent
