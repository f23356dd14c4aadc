#include "skerry/agent/serving/request_queue.h"

#include <algorithm>
#include <utility>

namespace skerry::agent {
namespace {

using Clock = std::chrono::steady_clock;

// A full queue is searched for dead requests at most this often: a search
// looks at all of it, and under overload every request finds the queue full.
constexpr auto kSearchPause = std::chrono::milliseconds(1);

bool IsCancelled(const InferenceRequest& request) {
  return request.cancelled != nullptr &&
         request.cancelled->load(std::memory_order_relaxed);
}

bool IsDead(const InferenceRequest& request, Clock::time_point now) {
  return request.deadline <= now || IsCancelled(request);
}

}  // namespace

void RequestQueue::ShowDepth() {
  const auto depth = static_cast<double>(waiting_.size());
  options_.depth->Set(depth);
  options_.triton_depth->Set(depth);
}

RequestQueue::Verdict RequestQueue::Push(RequestList& request,
                                         RequestList& dead) {
  bool wake_gatherer = false;
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return Verdict::kClosed;
    if (waiting_.size() >= options_.length) DropDead(dead);
    if (waiting_.size() >= options_.length) return Verdict::kFull;
    waiting_.splice(waiting_.end(), request);
    ShowDepth();
    wake_gatherer = gathering_;
  }
  (wake_gatherer ? more_ : first_).notify_one();
  return Verdict::kAccepted;
}

void RequestQueue::DropDead(RequestList& dead) {
  const Clock::time_point now = Clock::now();
  if (now < next_search_) return;
  next_search_ = now + kSearchPause;
  for (auto i = waiting_.begin(); i != waiting_.end();) {
    const auto next = std::next(i);
    if (IsDead(i->request, now)) dead.splice(dead.end(), waiting_, i);
    i = next;
  }
}

bool RequestQueue::Take(std::size_t preferred, Work& work) {
  std::unique_lock lock(mutex_);
  EndLocked(work);
  first_.wait(lock, [this] {
    if (waiting_.empty()) return closed_;
    return !gathering_ && working_count_ < is_busy_.size();
  });
  if (waiting_.empty()) return false;
  TakeInstance(preferred, work);
  TakeBatch(work, lock);
  ShowDepth();
  // Threads may wait for an instance that is not given back to any of them.
  if (closed_ && waiting_.empty()) first_.notify_all();
  return true;
}

bool RequestQueue::TryTakeIdle(RequestList& request, Work& work) {
  const std::lock_guard lock(mutex_);
  if (closed_ || !waiting_.empty() || working_count_ == is_busy_.size()) {
    return false;
  }
  TakeInstance(/*preferred=*/0, work);
  const bool is_dead = IsDead(request.front().request, Clock::now());
  RequestList& list = is_dead ? work.dead : work.batch;
  list.splice(list.end(), request);
  return true;
}

void RequestQueue::End(Work& work) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    EndLocked(work);
    wake = !waiting_.empty();
  }
  if (wake) first_.notify_one();
}

void RequestQueue::EndLocked(Work& work) {
  if (!work.instance.has_value()) return;
  is_busy_[*work.instance] = false;
  work.instance.reset();
  --working_count_;
  if (working_count_ == 0 && waiting_.empty()) idle_.notify_all();
}

// `preferred`, or else the first that is free.
void RequestQueue::TakeInstance(std::size_t preferred, Work& work) {
  std::size_t taken = preferred;
  if (is_busy_[preferred]) {
    taken = static_cast<std::size_t>(std::ranges::find(is_busy_, false) -
                                     is_busy_.begin());
  }
  is_busy_[taken] = true;
  work.instance = taken;
  ++working_count_;
}

// One instance gathers at a time: two would share the requests out, and both
// would run small batches.
void RequestQueue::TakeBatch(Work& work, std::unique_lock<std::mutex>& lock) {
  std::int64_t room = TakeFitting(work, options_.batch_max);
  if (work.batch.empty() || options_.batch_max == 1) return;
  const Clock::time_point end =
      work.batch.front().accepted + options_.batch_delay;
  gathering_ = true;
  while (room > 0 && waiting_.empty() && !closed_) {
    const bool late = more_.wait_until(lock, end) == std::cv_status::timeout;
    room = TakeFitting(work, room);
    if (late) break;
  }
  gathering_ = false;
  if (closed_) {
    first_.notify_all();
  } else if (!waiting_.empty()) {
    first_.notify_one();
  }
}

// Moves living requests from the front into the batch while they fit, in
// their order. Returns the room that is left; 0 if the next one does not fit.
std::int64_t RequestQueue::TakeFitting(Work& work, std::int64_t room) {
  const Clock::time_point now = Clock::now();
  while (room > 0 && !waiting_.empty()) {
    PendingRequest& next = waiting_.front();
    if (IsDead(next.request, now)) {
      work.dead.splice(work.dead.end(), waiting_, waiting_.begin());
      continue;
    }
    if (next.extent > room) return 0;
    room -= next.extent;
    work.batch.splice(work.batch.end(), waiting_, waiting_.begin());
  }
  return room;
}

void RequestQueue::Close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  first_.notify_all();
  more_.notify_all();
}

RequestList RequestQueue::Clear() {
  RequestList cleared;
  const std::lock_guard lock(mutex_);
  cleared.swap(waiting_);
  ShowDepth();
  if (closed_) first_.notify_all();
  if (working_count_ == 0) idle_.notify_all();
  return cleared;
}

bool RequestQueue::WaitUntilIdle(Clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  const auto is_idle = [this] {
    return waiting_.empty() && working_count_ == 0;
  };
  if (deadline == Clock::time_point::max()) {
    idle_.wait(lock, is_idle);
    return true;
  }
  return idle_.wait_until(lock, deadline, is_idle);
}

}  // namespace skerry::agent
