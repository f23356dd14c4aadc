#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "skerry/base/result.h"
#include "skerry/platform/thread.h"

namespace skerry::cloud {

class Session;

/// A thread that serves its connections, each from its beginning to its end.
///
/// Thread safety: bound to its own thread, but for what says otherwise.
class EventLoop {
 public:
  EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;
  ~EventLoop() { End(); }

  /// Any thread.
  Result<void> Start();
  /// Any other thread: ends and joins the loop's.
  void End();
  /// Any thread.
  void Post(std::move_only_function<void()> task);

  boost::asio::io_context& context() { return context_; }
  /// For bytes that are read and looked at, at once.
  std::span<char> scratch() { return scratch_; }
  /// Now, as the header Date has it.
  const std::string& date();

  void Add(std::shared_ptr<Session> session);
  void Remove(Session* session) { sessions_.erase(session); }
  std::vector<std::shared_ptr<Session>> sessions() const;

 private:
  boost::asio::io_context context_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type>
      keep_running_;
  std::vector<char> scratch_;
  std::string date_;
  std::int64_t date_second_ = 0;
  std::unordered_map<Session*, std::shared_ptr<Session>> sessions_;
  platform::Thread thread_;
};

}  // namespace skerry::cloud
