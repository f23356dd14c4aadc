#include "skerry/platform/work_queue.h"

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

namespace skerry::platform {
namespace {

using AtEnd = WorkQueue::AtEnd;

// A queue whose thread is busy until `go`.
class BusyQueue {
 public:
  explicit BusyQueue(std::size_t length_max, AtEnd at_end) {
    queue_.emplace(WorkQueue::Options{"test", length_max, at_end});
    std::promise<void> begun;
    EXPECT_TRUE(queue_->Push([this, &begun] {
      begun.set_value();
      go_.get_future().wait();
    }));
    begun.get_future().wait();
  }

  WorkQueue& queue() { return *queue_; }
  void Go() { go_.set_value(); }
  void End() { queue_.reset(); }

 private:
  std::promise<void> go_;
  std::optional<WorkQueue> queue_;
};

TEST(WorkQueueTest, TasksRunInTheirOrder) {
  BusyQueue busy(8, AtEnd::kRun);
  std::vector<int> order;
  for (int i = 0; i < 4; ++i) {
    EXPECT_TRUE(busy.queue().Push([&order, i] { order.push_back(i); }));
  }

  busy.Go();
  busy.End();

  EXPECT_EQ(order, (std::vector{0, 1, 2, 3}));
}

TEST(WorkQueueTest, OneTooManyIsRefusedByWhatTheLimitIs) {
  BusyQueue busy(1, AtEnd::kRun);
  EXPECT_TRUE(busy.queue().Push([] {}));

  const auto refused = busy.queue().Push([] {});

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kResourceExhausted);
  EXPECT_EQ(refused.error().message(),
            "1 requests wait for thread 'test' already; try again later");
  busy.Go();
}

TEST(WorkQueueTest, WhatWaitsIsDroppedAtTheEndIfItMayBe) {
  BusyQueue busy(8, AtEnd::kDrop);
  bool ran = false;
  const auto held = std::make_shared<int>(0);
  EXPECT_TRUE(busy.queue().Push([&ran, held] { ran = true; }));
  auto ended = std::async(std::launch::async, [&busy] { busy.End(); });
  while (held.use_count() > 1) std::this_thread::yield();

  busy.Go();
  ended.wait();

  EXPECT_FALSE(ran);
}

TEST(WorkQueueTest, AQueueThatWasNeverUsedEnds) {
  const WorkQueue queue({"test", 8, AtEnd::kRun});
}

}  // namespace
}  // namespace skerry::platform
