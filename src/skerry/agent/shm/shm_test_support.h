#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "skerry/agent/shm/shared_regions.h"
#include "skerry/platform/file.h"

namespace skerry::agent {

/// This process, as a client.
inline Peer Self() { return {getpid(), geteuid(), getegid()}; }

/// A client of another user, who is not root.
inline Peer Stranger() { return {getpid(), geteuid() + 1, getegid()}; }

/// A POSIX segment filled with one character.
class PosixSegment {
 public:
  PosixSegment(const std::string& suffix, std::size_t byte_size, char fill)
      : name_("/skerry-shm-" + std::to_string(getpid()) + suffix),
        file_(shm_open(name_.c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600)) {
    const std::string text(byte_size, fill);
    EXPECT_EQ(write(file_.number(), text.data(), text.size()),
              static_cast<ssize_t>(byte_size));
  }
  ~PosixSegment() { shm_unlink(name_.c_str()); }
  PosixSegment(const PosixSegment&) = delete;
  PosixSegment& operator=(const PosixSegment&) = delete;

  const std::string& name() const { return name_; }
  void Resize(std::size_t byte_size) const {
    EXPECT_EQ(ftruncate(file_.number(), static_cast<off_t>(byte_size)), 0);
  }

 private:
  std::string name_;
  platform::FileDescriptor file_;
};

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
