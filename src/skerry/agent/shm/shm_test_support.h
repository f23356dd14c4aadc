#pragma once

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "skerry/agent/shm/shared_regions.h"
#include "skerry/platform/shared_memory_test_support.h"

namespace skerry::agent {

/// This process, as a client.
inline Peer Self() { return {getpid(), geteuid(), getegid()}; }

/// A client of another user, who is not root.
inline Peer Stranger() { return {getpid(), geteuid() + 1, getegid()}; }

using platform::PosixSegment;

/// A System V segment filled with one character, that nobody may write to.
class SystemVSegment {
 public:
  SystemVSegment(std::size_t byte_size, char fill)
      : id_(shmget(IPC_PRIVATE, byte_size, IPC_CREAT | 0600)) {
    EXPECT_GE(id_, 0);
    void* const start = shmat(id_, nullptr, 0);
    std::memset(start, fill, byte_size);
    shmdt(start);
    SetMode(0400);
  }
  ~SystemVSegment() { Remove(); }
  SystemVSegment(const SystemVSegment&) = delete;
  SystemVSegment& operator=(const SystemVSegment&) = delete;

  int number() const { return id_; }
  std::uint64_t id() const { return static_cast<std::uint64_t>(id_); }
  void Remove() const { shmctl(id_, IPC_RMID, nullptr); }
  void SetMode(unsigned short mode) const {
    shmid_ds status{};
    EXPECT_EQ(shmctl(id_, IPC_STAT, &status), 0);
    status.shm_perm.mode = mode;
    EXPECT_EQ(shmctl(id_, IPC_SET, &status), 0);
  }

 private:
  int id_;
};

template <class T>
ErrorCode CodeOf(const Result<T>& result) {
  EXPECT_FALSE(result.has_value());
  return result ? ErrorCode::kUnknown : result.error().code();
}

}  // namespace skerry::agent
