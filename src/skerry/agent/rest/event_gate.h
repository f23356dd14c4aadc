#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <mutex>

namespace skerry::agent {

/// The way into the event loop for threads that may outlive it. Once closed,
/// what is sent in is dropped.
///
/// Thread safety: thread-safe.
class EventGate {
 public:
  using Task = std::move_only_function<void()>;

  explicit EventGate(boost::asio::io_context& loop) : loop_(&loop) {}

  /// Runs `task` on the loop's thread: at once if this is it.
  void Send(Task task);

  /// Called with the loop's thread gone.
  void Close();

 private:
  std::mutex mutex_;
  boost::asio::io_context* loop_;
};

}  // namespace skerry::agent
