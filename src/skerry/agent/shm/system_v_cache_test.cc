#include "skerry/agent/shm/system_v_cache.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "skerry/agent/shm/shm_test_support.h"

namespace skerry::agent {
namespace {

using platform::SharedMemory;
using platform::StatusOfSystemV;

void Attach(SystemVCache& cache, const SystemVSegment& segment) {
  cache.Keep(segment.number(),
             SharedMemory::AttachSystemV(segment.number()).value());
}

TEST(SystemVCacheTest, WhatIsKeptIsFound) {
  SystemVCache cache;
  const SystemVSegment segment(10, 'a');
  EXPECT_EQ(cache.Find(segment.number()), nullptr);

  Attach(cache, segment);
  Attach(cache, segment);

  EXPECT_NE(cache.Find(segment.number()), nullptr);
  EXPECT_EQ(StatusOfSystemV(segment.number())->attach_count, 1U);
}

TEST(SystemVCacheTest, TheLeastRecentlyUsedGoesFirst) {
  SystemVCache cache;
  std::vector<std::unique_ptr<SystemVSegment>> segments;
  for (std::size_t i = 0; i <= kSystemVAttachmentCountMax; ++i) {
    segments.push_back(std::make_unique<SystemVSegment>(10, 'a'));
  }
  for (std::size_t i = 0; i < kSystemVAttachmentCountMax; ++i) {
    Attach(cache, *segments[i]);
  }
  EXPECT_NE(cache.Find(segments[0]->number()), nullptr);

  Attach(cache, *segments.back());

  EXPECT_NE(cache.Find(segments[0]->number()), nullptr);
  EXPECT_EQ(cache.Find(segments[1]->number()), nullptr);
  EXPECT_NE(cache.Find(segments.back()->number()), nullptr);
  EXPECT_EQ(StatusOfSystemV(segments[1]->number())->attach_count, 0U);
}

TEST(SystemVCacheTest, WhatIsIdleIsDetached) {
  SystemVCache cache;
  const SystemVSegment segment(10, 'a');
  Attach(cache, segment);
  const auto now = SystemVCache::Clock::now();

  EXPECT_EQ(cache.Sweep(now), 1U);
  EXPECT_EQ(cache.Sweep(now + SystemVCache::kIdle), 0U);
  EXPECT_EQ(StatusOfSystemV(segment.number())->attach_count, 0U);
}

TEST(SystemVCacheTest, TheMemoryOfDeadClientsIsGivenBack) {
  SystemVCache cache;
  const SystemVSegment segment(10, 'a');
  const void* const client = shmat(segment.number(), nullptr, SHM_RDONLY);
  Attach(cache, segment);
  segment.Remove();

  // The client still has it, and may go on using it.
  EXPECT_EQ(cache.Sweep(SystemVCache::Clock::now()), 1U);
  shmdt(client);
  EXPECT_EQ(cache.Sweep(SystemVCache::Clock::now()), 0U);
  EXPECT_EQ(CodeOf(StatusOfSystemV(segment.number())), ErrorCode::kNotFound);
}

}  // namespace
}  // namespace skerry::agent
