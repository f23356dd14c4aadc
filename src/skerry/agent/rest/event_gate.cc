#include "skerry/agent/rest/event_gate.h"

#include <boost/asio/post.hpp>
#include <utility>

namespace skerry::agent {

void EventGate::Send(Task task) {
  std::unique_lock lock(mutex_);
  if (loop_ == nullptr) {
    return;
  }
  if (loop_->get_executor().running_in_this_thread()) {
    lock.unlock();  // it cannot be closed meanwhile
    task();
    return;
  }
  boost::asio::post(*loop_, std::move(task));
}

void EventGate::Close() {
  const std::lock_guard lock(mutex_);
  loop_ = nullptr;
}

}  // namespace skerry::agent
