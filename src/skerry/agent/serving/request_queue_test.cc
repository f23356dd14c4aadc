#include "skerry/agent/serving/request_queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <thread>

namespace skerry::agent {
namespace {

using Clock = std::chrono::steady_clock;
using Work = RequestQueue::Work;

class RequestQueueTest : public ::testing::Test {
 protected:
  static RequestQueue::Options Options(std::size_t instance_count) {
    RequestQueue::Options options;
    options.instance_count = instance_count;
    options.depth = std::make_shared<telemetry::Gauge>();
    options.triton_depth = std::make_shared<telemetry::Gauge>();
    return options;
  }
  static RequestList OneRequest() { return RequestList(1); }
  static void Push(RequestQueue& queue) {
    RequestList request = OneRequest();
    RequestList dead;
    EXPECT_EQ(queue.Push(request, dead), RequestQueue::Verdict::kAccepted);
  }
  static bool TryTakeIdle(RequestQueue& queue, Work& work) {
    RequestList request = OneRequest();
    const bool taken = queue.TryTakeIdle(request, work);
    EXPECT_EQ(request.empty(), taken);
    return taken;
  }
  static bool IsIdle(RequestQueue& queue) {
    return queue.WaitUntilIdle(Clock::now());
  }
};

TEST_F(RequestQueueTest, EachIdleInstanceIsTakenOnce) {
  RequestQueue queue(Options(2));
  Work a, b, c;

  ASSERT_TRUE(TryTakeIdle(queue, a));
  ASSERT_TRUE(TryTakeIdle(queue, b));

  EXPECT_NE(a.instance, b.instance);
  EXPECT_EQ(a.batch.size(), 1U);
  EXPECT_FALSE(TryTakeIdle(queue, c));
  const auto given_back = a.instance;
  queue.End(a);
  ASSERT_TRUE(TryTakeIdle(queue, c));
  EXPECT_EQ(c.instance, given_back);
}

TEST_F(RequestQueueTest, NoInstanceIsIdleWhileARequestWaits) {
  RequestQueue queue(Options(2));
  Push(queue);
  Work work;

  EXPECT_FALSE(TryTakeIdle(queue, work));
}

TEST_F(RequestQueueTest, AClosedQueueGivesNoIdleInstance) {
  RequestQueue queue(Options(1));
  queue.Close();
  Work work;

  EXPECT_FALSE(TryTakeIdle(queue, work));
}

TEST_F(RequestQueueTest, ADeadRequestIsToBeRefused) {
  RequestQueue queue(Options(1));
  RequestList late = OneRequest();
  late.front().request.deadline = Clock::now();
  RequestList cancelled = OneRequest();
  cancelled.front().request.cancelled =
      std::make_shared<std::atomic<bool>>(true);
  for (RequestList* request : {&late, &cancelled}) {
    Work work;

    ASSERT_TRUE(queue.TryTakeIdle(*request, work));

    EXPECT_TRUE(work.batch.empty());
    EXPECT_EQ(work.dead.size(), 1U);
    queue.End(work);
  }
}

TEST_F(RequestQueueTest, AThreadTakesTheInstanceThatItPrefersIfThatIsFree) {
  RequestQueue queue(Options(3));
  Push(queue);
  Push(queue);
  Work a, b;

  ASSERT_TRUE(queue.Take(2, a));
  ASSERT_TRUE(queue.Take(2, b));

  EXPECT_EQ(a.instance, 2U);
  EXPECT_EQ(b.instance, 0U);
  queue.End(a);
  queue.End(b);
}

TEST_F(RequestQueueTest, IsNotIdleWhileAnInstanceIsTaken) {
  RequestQueue queue(Options(2));
  Work work;
  ASSERT_TRUE(TryTakeIdle(queue, work));
  EXPECT_FALSE(IsIdle(queue));

  queue.End(work);

  EXPECT_TRUE(IsIdle(queue));
}

TEST_F(RequestQueueTest, AnInstanceThatIsGivenBackGoesToWhatWaits) {
  RequestQueue queue(Options(1));
  Work held;
  ASSERT_TRUE(TryTakeIdle(queue, held));
  auto taken = std::async(std::launch::async, [&] {
    Work work;
    const bool found = queue.Take(0, work) && work.batch.size() == 1;
    queue.End(work);
    return found;
  });
  Push(queue);

  queue.End(held);

  EXPECT_TRUE(taken.get());
  EXPECT_TRUE(queue.WaitUntilIdle(Clock::time_point::max()));
}

TEST_F(RequestQueueTest, ThreadsOfAClosedQueueEndOnceNothingWaits) {
  RequestQueue queue(Options(2));
  Work first, second;
  ASSERT_TRUE(TryTakeIdle(queue, first));
  ASSERT_TRUE(TryTakeIdle(queue, second));
  Push(queue);
  std::atomic<int> run_count = 0;
  {
    const auto loop = [&](std::size_t own) {
      Work work;
      while (queue.Take(own, work)) {
        ++run_count;
        work.batch.clear();
      }
    };
    const std::jthread a(loop, 0), b(loop, 1);
    queue.Close();
    // Only one of two threads finds a request, and the other must end too.
    queue.End(first);
  }

  EXPECT_EQ(run_count, 1);
  queue.End(second);
  EXPECT_TRUE(IsIdle(queue));
}

}  // namespace
}  // namespace skerry::agent
