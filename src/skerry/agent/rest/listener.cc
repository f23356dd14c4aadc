#include "skerry/agent/rest/listener.h"

#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <utility>

#include "skerry/platform/errno_error.h"

namespace skerry::agent {
namespace {

constexpr std::chrono::milliseconds kPause{100};
/// Connections accepted before others have their turn.
constexpr int kBatch = 64;

}  // namespace

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
        if (!error && self->descriptor_.is_open()) {
          self->OnReadable();
        }
      });
}

void Listener::Stop() {
  boost::system::error_code ignored;
  (void)descriptor_.close(ignored);
  timer_.cancel();
}

void Listener::OnReadable() {
  for (int i = 0; i < kBatch && descriptor_.is_open(); ++i) {
    platform::FileDescriptor connection(accept4(descriptor_.native_handle(),
                                                nullptr, nullptr,
                                                SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (connection.open()) {
      complained_ = false;
      accepted_(std::move(connection));
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
               errno == ENOMEM) {
      Pause(errno);
      return;
    } else if (errno != EINTR && errno != ECONNABORTED) {
      break;
    }
  }
  if (descriptor_.is_open()) {
    Start();
  }
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
        if (!failed && self->descriptor_.is_open()) {
          self->Start();
        }
      });
}

}  // namespace skerry::agent
