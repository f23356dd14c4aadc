#include "skerry/cloud/server/event_loop.h"

#include <boost/asio/post.hpp>
#include <ctime>
#include <utility>

#include "skerry/cloud/server/response_head.h"
#include "skerry/cloud/server/session.h"

namespace skerry::cloud {
namespace {

constexpr std::size_t kScratchBytes = std::size_t{256} << 10;

}  // namespace

EventLoop::EventLoop()
    : context_(1),
      keep_running_(boost::asio::make_work_guard(context_)),
      scratch_(kScratchBytes) {}

Result<void> EventLoop::Start() {
  SKERRY_ASSIGN_OR_RETURN(
      thread_, platform::Thread::Start("http", [this] { context_.run(); }));
  return {};
}

void EventLoop::End() {
  keep_running_.reset();
  context_.stop();
  thread_ = platform::Thread();  // joins it
  sessions_.clear();
}

void EventLoop::Post(std::move_only_function<void()> task) {
  boost::asio::post(context_, std::move(task));
}

const std::string& EventLoop::date() {
  const std::int64_t second = std::time(nullptr);
  if (second != date_second_) {
    date_second_ = second;
    date_ = HttpDate(second);
  }
  return date_;
}

void EventLoop::Add(std::shared_ptr<Session> session) {
  Session* key = session.get();
  sessions_.emplace(key, std::move(session));
}

std::vector<std::shared_ptr<Session>> EventLoop::sessions() const {
  std::vector<std::shared_ptr<Session>> all;
  all.reserve(sessions_.size());
  for (const auto& [key, session] : sessions_) all.push_back(session);
  return all;
}

}  // namespace skerry::cloud
