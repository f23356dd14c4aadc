#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <string>

#include "skerry/base/result.h"
#include "skerry/platform/file.h"
#include "skerry/telemetry/log.h"

namespace skerry::cloud {

struct ListeningSocket {
  platform::FileDescriptor descriptor;
  int port = 0;
};

/// Listens at "HOST:PORT" ("[::]:8780", port 0: any).
///
/// Errors: kInvalidArgument, kPermissionDenied, kUnavailable for an address
/// that is in use.
Result<ListeningSocket> Listen(const std::string& address);

/// Takes what connects to a socket. While the system has no descriptors left,
/// it waits instead of spinning.
///
/// Thread safety: bound to its event loop's thread.
class Listener : public std::enable_shared_from_this<Listener> {
 public:
  using Accepted =
      std::function<void(platform::FileDescriptor, std::string peer)>;

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

}  // namespace skerry::cloud
