#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "skerry/cloud/server/tls.h"
#include "skerry/platform/file.h"

namespace skerry::cloud {

/// How far an operation came that does not wait.
struct IoResult {
  enum class Status : std::uint8_t {
    kDone,       ///< at least one byte
    kWantRead,   ///< once there is something to read
    kWantWrite,  ///< once there is room to write
    kEnd,        ///< the peer has ended
    kError,
  };
  Status status = Status::kDone;
  std::size_t bytes = 0;
};

/// A connection's bytes, in clear or in TLS. Nothing here waits, and while
/// nothing happens it holds no buffer.
///
/// Thread safety: bound to its event loop's thread.
class Transport {
 public:
  virtual ~Transport() = default;

  /// To wait for what an operation wants.
  boost::asio::ip::tcp::socket& socket() { return socket_; }
  int number() { return socket_.native_handle(); }

  virtual bool tls() const = 0;
  /// TLS's; with others done at once.
  virtual IoResult Handshake() = 0;
  virtual IoResult Read(std::span<char> buffer) = 0;
  /// Whether `Read` has bytes that the system knows nothing of.
  virtual bool HasPending() const = 0;
  /// `more`: other bytes follow at once.
  virtual IoResult Write(std::string_view bytes, bool more) = 0;
  /// The bytes of `file` from `offset` on, at most `count`.
  virtual IoResult WriteFile(int file, std::uint64_t offset,
                             std::uint64_t count) = 0;
  /// Tells the peer that no more bytes come.
  virtual void EndOutput() = 0;

 protected:
  explicit Transport(boost::asio::ip::tcp::socket socket)
      : socket_(std::move(socket)) {}

  boost::asio::ip::tcp::socket socket_;
};

/// Takes over `connection`; `context`: with TLS. Null if the system refuses.
std::unique_ptr<Transport> MakeTransport(boost::asio::io_context& loop,
                                         platform::FileDescriptor connection,
                                         const TlsContext* context);

}  // namespace skerry::cloud
