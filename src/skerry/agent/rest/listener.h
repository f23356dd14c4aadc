#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>

#include "skerry/platform/file.h"
#include "skerry/telemetry/log.h"

namespace skerry::agent {

/// Accepts connections. When the process has no descriptor left, it pauses,
/// and says so once.
///
/// Thread safety: bound to the event loop's thread.
class Listener : public std::enable_shared_from_this<Listener> {
 public:
  /// Takes a new connection: not blocking, closed on exec.
  using Accepted = std::function<void(platform::FileDescriptor)>;

  Listener(boost::asio::io_context& loop, platform::FileDescriptor descriptor,
           Accepted accepted, const telemetry::Logger& log);

  void Start();
  void Stop();

 private:
  void OnReadable();
  void Pause(int error);

  boost::asio::posix::stream_descriptor descriptor_;
  boost::asio::steady_timer timer_;
  Accepted accepted_;
  const telemetry::Logger& log_;
  bool complained_ = false;
};

}  // namespace skerry::agent
