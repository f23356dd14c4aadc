#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "skerry/platform/file.h"

namespace skerry::agent {

/// What a connection's first bytes say that it speaks.
enum class Protocol : std::uint8_t { kUndecided, kHttp1, kHttp2, kNone };

/// The protocol of a connection that begins with `bytes`.
Protocol ProtocolOf(std::string_view bytes);

/// Waits until a new connection's first bytes tell what it speaks, and leaves
/// them where they are.
///
/// Thread safety: bound to the event loop's thread.
class FirstBytes : public std::enable_shared_from_this<FirstBytes> {
 public:
  /// Gets the connection back; kNone: it ended, or was silent too long.
  using Decided = std::move_only_function<void(
      FirstBytes*, platform::FileDescriptor, Protocol)>;

  FirstBytes(boost::asio::io_context& loop,
             platform::FileDescriptor connection);

  /// Calls `decided` once; perhaps at once.
  void Start(std::chrono::milliseconds timeout, Decided decided);
  /// Ends the wait.
  void Cancel() { Decide(Protocol::kNone); }

 private:
  Protocol Peek();
  void Wait();
  void LookAgain();
  void Decide(Protocol protocol);

  boost::asio::posix::stream_descriptor descriptor_;
  boost::asio::steady_timer timeout_;
  boost::asio::steady_timer pause_timer_;
  std::chrono::milliseconds pause_{1};
  std::size_t seen_bytes_ = 0;
  Decided decided_;
};

}  // namespace skerry::agent
