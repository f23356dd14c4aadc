#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "skerry/platform/file.h"

namespace skerry::agent {

/// A connection's bytes, whatever carries them.
///
/// Thread safety: bound to the event loop's thread. What completes calls back
/// from the loop, never from within the call; after `Close` with no success.
class Transport {
 public:
  using Done = std::move_only_function<void(bool ok, std::size_t bytes)>;

  virtual ~Transport() = default;

  /// TLS's handshake; with others nothing.
  virtual void Handshake(Done done) = 0;
  /// Reads at least one byte into `buffer`. Not ok: the end, or an error.
  virtual void ReadSome(std::span<char> buffer, Done done) = 0;
  /// Writes all of `parts`, which must stay until it is done.
  virtual void Write(const std::vector<std::string_view>& parts, Done done) = 0;
  /// Calls back once bytes arrive or the peer goes: `ok` if it is still there.
  virtual void WatchPeer(Done done) = 0;
  /// Whether bytes wait to be read.
  virtual bool HasInput() = 0;
  /// Tells the peer that no more bytes come.
  virtual void EndOutput() = 0;
  virtual void Close() = 0;
};

/// They take over `connection`; null if the system refuses.
std::unique_ptr<Transport> MakeUnixTransport(
    boost::asio::io_context& loop, platform::FileDescriptor connection);
std::unique_ptr<Transport> MakeTcpTransport(
    boost::asio::io_context& loop, platform::FileDescriptor connection);
std::unique_ptr<Transport> MakeTlsTransport(boost::asio::io_context& loop,
                                            platform::FileDescriptor connection,
                                            boost::asio::ssl::context& context);

}  // namespace skerry::agent
