#pragma once

#include <sys/types.h>

#include <string>
#include <utility>

#include "skerry/base/result.h"
#include "skerry/platform/file.h"

namespace skerry::agent {

/// A unix socket that listens at a path, which is removed with this object,
/// if it is still this socket's.
///
/// Thread safety: thread-compatible.
class UnixSocket {
 public:
  UnixSocket() = default;
  UnixSocket(UnixSocket&& other) noexcept
      : descriptor_(std::move(other.descriptor_)),
        path_(std::exchange(other.path_, {})),
        device_(other.device_),
        inode_(other.inode_) {}
  UnixSocket& operator=(UnixSocket&& other) = delete;
  ~UnixSocket() { RemovePath(); }

  /// Nobody can connect before the permissions are `mode`. `replace`: a
  /// socket that is at the path goes; anything else stays.
  ///
  /// Errors: kInvalidArgument (too long a path), kAlreadyExists, kNotFound
  /// (the folder), kPermissionDenied; they name the path and what to do.
  static Result<UnixSocket> Listen(const std::string& path, bool replace,
                                   mode_t mode);

  platform::FileDescriptor TakeDescriptor() { return std::move(descriptor_); }

  void RemovePath();

 private:
  platform::FileDescriptor descriptor_;
  std::string path_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

}  // namespace skerry::agent
