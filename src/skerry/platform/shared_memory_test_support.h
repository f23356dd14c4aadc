#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <string>

#include "skerry/platform/file.h"

namespace skerry::platform {

/// A POSIX segment filled with one character.
class PosixSegment {
 public:
  PosixSegment(const std::string& suffix, std::size_t byte_size, char fill)
      : name_("/skerry-test-" + std::to_string(getpid()) + suffix),
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
  FileDescriptor file_;
};

}  // namespace skerry::platform
