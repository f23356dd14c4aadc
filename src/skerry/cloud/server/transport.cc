#include "skerry/cloud/server/transport.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace skerry::cloud {
namespace {

using Tcp = boost::asio::ip::tcp;
using Status = IoResult::Status;

/// What one turn of the loop gives a file at most.
constexpr std::size_t kFilePieceBytes = std::size_t{1} << 20;

IoResult ErrnoResult(Status wanted) {
  if (errno == EAGAIN || errno == EINTR) return {wanted, 0};
  return {Status::kError, 0};
}

class PlainTransport final : public Transport {
 public:
  explicit PlainTransport(Tcp::socket socket) : Transport(std::move(socket)) {}

  bool tls() const override { return false; }
  IoResult Handshake() override { return {}; }
  bool HasPending() const override { return false; }

  IoResult Read(std::span<char> buffer) override {
    const ssize_t count = recv(number(), buffer.data(), buffer.size(), 0);
    if (count < 0) return ErrnoResult(Status::kWantRead);
    if (count == 0) return {Status::kEnd, 0};
    return {Status::kDone, static_cast<std::size_t>(count)};
  }

  IoResult Write(std::string_view bytes, bool more) override {
    const ssize_t count = send(number(), bytes.data(), bytes.size(),
                               MSG_NOSIGNAL | (more ? MSG_MORE : 0));
    if (count < 0) return ErrnoResult(Status::kWantWrite);
    return {Status::kDone, static_cast<std::size_t>(count)};
  }

  IoResult WriteFile(int file, std::uint64_t offset,
                     std::uint64_t count) override {
    auto position = static_cast<off_t>(offset);
    const ssize_t sent =
        sendfile(number(), file, &position,
                 static_cast<std::size_t>(
                     std::min<std::uint64_t>(count, kFilePieceBytes)));
    if (sent < 0) return ErrnoResult(Status::kWantWrite);
    // The file became shorter.
    if (sent == 0) return {Status::kError, 0};
    return {Status::kDone, static_cast<std::size_t>(sent)};
  }

  void EndOutput() override { shutdown(number(), SHUT_WR); }
};

class TlsTransport final : public Transport {
 public:
  using Session = std::unique_ptr<SSL, decltype(&SSL_free)>;

  TlsTransport(Tcp::socket socket, Session session)
      : Transport(std::move(socket)), session_(std::move(session)) {}

  bool tls() const override { return true; }
  bool HasPending() const override { return SSL_pending(session_.get()) > 0; }

  IoResult Handshake() override {
    ERR_clear_error();
    return ResultOf(SSL_accept(session_.get()));
  }

  IoResult Read(std::span<char> buffer) override {
    ERR_clear_error();
    return ResultOf(SSL_read(session_.get(), buffer.data(), IntOf(buffer)));
  }

  IoResult Write(std::string_view bytes, bool /*more*/) override {
    ERR_clear_error();
    return ResultOf(SSL_write(session_.get(), bytes.data(), IntOf(bytes)));
  }

  IoResult WriteFile(int file, std::uint64_t offset,
                     std::uint64_t count) override {
    // A record; it is read again if the socket has no room for it.
    std::array<char, 16384> piece;
    const ssize_t bytes = pread(
        file, piece.data(),
        static_cast<std::size_t>(std::min<std::uint64_t>(count, piece.size())),
        static_cast<off_t>(offset));
    if (bytes <= 0) return {Status::kError, 0};
    return Write({piece.data(), static_cast<std::size_t>(bytes)}, false);
  }

  void EndOutput() override {
    ERR_clear_error();
    SSL_shutdown(session_.get());
    ERR_clear_error();
    shutdown(number(), SHUT_WR);
  }

 private:
  template <class Range>
  static int IntOf(const Range& range) {
    return static_cast<int>(
        std::min<std::size_t>(range.size(), std::size_t{1} << 30));
  }

  IoResult ResultOf(int value) {
    if (value > 0) return {Status::kDone, static_cast<std::size_t>(value)};
    switch (SSL_get_error(session_.get(), value)) {
      case SSL_ERROR_WANT_READ:
        return {Status::kWantRead, 0};
      case SSL_ERROR_WANT_WRITE:
        return {Status::kWantWrite, 0};
      case SSL_ERROR_ZERO_RETURN:
        return {Status::kEnd, 0};
      default:
        return {Status::kError, 0};
    }
  }

  Session session_;
};

Tcp ProtocolOf(int number) {
  int domain = AF_INET;
  socklen_t bytes = sizeof(domain);
  getsockopt(number, SOL_SOCKET, SO_DOMAIN, &domain, &bytes);
  return domain == AF_INET6 ? Tcp::v6() : Tcp::v4();
}

}  // namespace

std::unique_ptr<Transport> MakeTransport(boost::asio::io_context& loop,
                                         platform::FileDescriptor connection,
                                         const TlsContext* context) {
  const int number = connection.number();
  const int on = 1;
  setsockopt(number, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  setsockopt(number, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
  Tcp::socket socket(loop);
  boost::system::error_code error;
  (void)socket.assign(ProtocolOf(number), number, error);
  if (error) return nullptr;
  connection.Release();
  if (context == nullptr) {
    return std::make_unique<PlainTransport>(std::move(socket));
  }
  TlsTransport::Session session(SSL_new(context->get()), &SSL_free);
  if (session == nullptr || SSL_set_fd(session.get(), number) != 1) {
    return nullptr;
  }
  return std::make_unique<TlsTransport>(std::move(socket), std::move(session));
}

}  // namespace skerry::cloud
