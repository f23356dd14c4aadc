#include "skerry/agent/rest/transport.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <type_traits>
#include <utility>

namespace skerry::agent {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Unix = asio::local::stream_protocol;
using Tcp = asio::ip::tcp;

/// Takes `connection` over if it can be registered with the loop.
template <class Socket>
bool Assign(Socket& socket, const typename Socket::protocol_type& protocol,
            platform::FileDescriptor& connection) {
  error_code error;
  socket.assign(protocol, connection.number(), error);
  if (!error) {
    connection.Release();
  }
  return !error;
}

template <class Stream>
class StreamTransport final : public Transport {
 public:
  explicit StreamTransport(Stream stream) : stream_(std::move(stream)) {}
  ~StreamTransport() override { StreamTransport::Close(); }

  void Handshake(Done done) override {
    if constexpr (kTls) {
      stream_.async_handshake(
          asio::ssl::stream_base::server,
          [done = std::move(done)](error_code error) mutable {
            done(!error, 0);
          });
    } else {
      done(true, 0);
    }
  }

  void ReadSome(std::span<char> buffer, Done done) override {
    stream_.async_read_some(
        asio::buffer(buffer.data(), buffer.size()),
        [done = std::move(done)](error_code error, std::size_t bytes) mutable {
          done(!error, bytes);
        });
  }

  void Write(const std::vector<std::string_view>& parts, Done done) override {
    std::vector<asio::const_buffer> buffers;
    buffers.reserve(parts.size());
    for (const std::string_view part : parts) {
      buffers.emplace_back(part.data(), part.size());
    }
    asio::async_write(
        stream_, std::move(buffers),
        [done = std::move(done)](error_code error, std::size_t bytes) mutable {
          done(!error, bytes);
        });
  }

  void WatchPeer(Done done) override {
    const int number = socket().native_handle();
    socket().async_wait(
        asio::socket_base::wait_read,
        [number, done = std::move(done)](error_code error) mutable {
          done(!error && PeerIsThere(number), 0);
        });
  }

  bool HasInput() override {
    char byte = 0;
    return socket().is_open() && recv(socket().native_handle(), &byte, 1,
                                      MSG_PEEK | MSG_DONTWAIT) > 0;
  }

  void EndOutput() override {
    error_code ignored;
    socket().shutdown(asio::socket_base::shutdown_send, ignored);
  }

  void Close() override {
    error_code ignored;
    socket().close(ignored);
  }

 private:
  static constexpr bool kTls = requires(Stream& s) { s.next_layer(); };

  auto& socket() {
    if constexpr (kTls) {
      return stream_.next_layer();
    } else {
      return stream_;
    }
  }

  /// A unix socket tells one that went from one that only ended its output
  /// and still waits; with TCP both look the same, and the first is likelier.
  static bool PeerIsThere(int number) {
    pollfd state = {.fd = number, .events = POLLRDHUP, .revents = 0};
    if (poll(&state, 1, 0) < 0) {
      return true;
    }
    constexpr bool kUnix = std::is_same_v<Stream, Unix::socket>;
    constexpr short kGone =
        kUnix ? POLLHUP | POLLERR : POLLHUP | POLLERR | POLLRDHUP;
    return (state.revents & kGone) == 0;
  }

  Stream stream_;
};

Tcp ProtocolOf(int number) {
  int domain = AF_INET;
  socklen_t bytes = sizeof(domain);
  getsockopt(number, SOL_SOCKET, SO_DOMAIN, &domain, &bytes);
  return domain == AF_INET6 ? Tcp::v6() : Tcp::v4();
}

bool AssignTcp(Tcp::socket& socket, platform::FileDescriptor& connection) {
  const int on = 1;
  setsockopt(connection.number(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  return Assign(socket, ProtocolOf(connection.number()), connection);
}

}  // namespace

std::unique_ptr<Transport> MakeUnixTransport(
    asio::io_context& loop, platform::FileDescriptor connection) {
  Unix::socket socket(loop);
  if (!Assign(socket, Unix(), connection)) {
    return nullptr;
  }
  return std::make_unique<StreamTransport<Unix::socket>>(std::move(socket));
}

std::unique_ptr<Transport> MakeTcpTransport(
    asio::io_context& loop, platform::FileDescriptor connection) {
  Tcp::socket socket(loop);
  if (!AssignTcp(socket, connection)) {
    return nullptr;
  }
  return std::make_unique<StreamTransport<Tcp::socket>>(std::move(socket));
}

std::unique_ptr<Transport> MakeTlsTransport(asio::io_context& loop,
                                            platform::FileDescriptor connection,
                                            asio::ssl::context& context) {
  using TlsStream = asio::ssl::stream<Tcp::socket>;
  Tcp::socket socket(loop);
  if (!AssignTcp(socket, connection)) {
    return nullptr;
  }
  return std::make_unique<StreamTransport<TlsStream>>(
      TlsStream(std::move(socket), context));
}

}  // namespace skerry::agent
