#include "skerry/agent/rest/first_bytes.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace skerry::agent {
namespace {

constexpr std::string_view kHttp2Preface = "PRI * HTTP/2";
constexpr std::chrono::milliseconds kPauseLongest{128};

}  // namespace

Protocol ProtocolOf(std::string_view bytes) {
  const std::size_t common = std::min(bytes.size(), kHttp2Preface.size());
  if (bytes.substr(0, common) != kHttp2Preface.substr(0, common)) {
    return Protocol::kHttp1;
  }
  return common == kHttp2Preface.size() ? Protocol::kHttp2
                                        : Protocol::kUndecided;
}

FirstBytes::FirstBytes(boost::asio::io_context& loop,
                       platform::FileDescriptor connection)
    : descriptor_(loop, connection.Release()),
      timeout_(loop),
      pause_timer_(loop) {}

void FirstBytes::Start(std::chrono::milliseconds timeout, Decided decided) {
  decided_ = std::move(decided);
  const Protocol protocol = Peek();
  if (protocol != Protocol::kUndecided) {
    Decide(protocol);
    return;
  }
  timeout_.expires_after(timeout);
  timeout_.async_wait(
      [weak = weak_from_this()](boost::system::error_code error) {
        if (const auto self = weak.lock(); !error && self != nullptr) {
          self->Decide(Protocol::kNone);
        }
      });
  Wait();
}

Protocol FirstBytes::Peek() {
  std::array<char, kHttp2Preface.size()> bytes = {};
  // Does not block: the descriptor is non-blocking.
  const ssize_t count =
      recv(descriptor_.native_handle(),  // NOLINT(*.BlockInCriticalSection)
           bytes.data(), bytes.size(), MSG_PEEK | MSG_DONTWAIT);
  if (count > 0) {
    seen_bytes_ = static_cast<std::size_t>(count);
    return ProtocolOf({bytes.data(), seen_bytes_});
  }
  return count < 0 && (errno == EAGAIN || errno == EINTR) ? Protocol::kUndecided
                                                          : Protocol::kNone;
}

void FirstBytes::Wait() {
  if (seen_bytes_ > 0) {
    // The system would call a socket readable that has a part of the preface
    // already. Real clients send it whole; others are looked at again.
    pause_timer_.expires_after(pause_);
    pause_ = std::min(pause_ * 2, kPauseLongest);
    pause_timer_.async_wait(
        [weak = weak_from_this()](boost::system::error_code error) {
          if (const auto self = weak.lock(); !error && self != nullptr) {
            self->LookAgain();
          }
        });
    return;
  }
  descriptor_.async_wait(
      boost::asio::posix::stream_descriptor::wait_read,
      [weak = weak_from_this()](boost::system::error_code error) {
        if (const auto self = weak.lock(); !error && self != nullptr) {
          self->LookAgain();
        }
      });
}

void FirstBytes::LookAgain() {
  if (!decided_) {
    return;
  }
  const Protocol protocol = Peek();
  if (protocol == Protocol::kUndecided) {
    Wait();
  } else {
    Decide(protocol);
  }
}

void FirstBytes::Decide(Protocol protocol) {
  if (!decided_) {
    return;
  }
  timeout_.cancel();
  pause_timer_.cancel();
  const auto self = shared_from_this();  // the callee may drop the last one
  std::exchange(decided_, nullptr)(
      this, platform::FileDescriptor(descriptor_.release()), protocol);
}

}  // namespace skerry::agent
