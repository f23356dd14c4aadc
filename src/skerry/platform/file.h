#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "skerry/base/result.h"

namespace skerry::platform {

/// Owns an open file descriptor, or none.
///
/// Thread safety: thread-compatible.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int number) : number_(number) {}
  FileDescriptor(FileDescriptor&& other) noexcept
      : number_(std::exchange(other.number_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~FileDescriptor() { Close(); }

  bool open() const { return number_ >= 0; }
  int number() const { return number_; }
  void Close();
  /// Gives the descriptor up, open, to whoever takes the number.
  int Release() { return std::exchange(number_, -1); }

 private:
  int number_ = -1;
};

/// Opens the file at `path` for reading. The error names the path.
Result<FileDescriptor> OpenForReading(const std::string& path);

/// The size of an open regular file. kInvalidArgument if it is something
/// else, such as a folder.
Result<std::size_t> FileBytes(const FileDescriptor& file);

/// Reads a file (or a pipe, or one of /proc) to its end.
///
/// Errors: as `OpenForReading`; kInvalidArgument for a folder;
/// kResourceExhausted if it holds more than `bytes_max`.
Result<std::vector<std::byte>> ReadFile(const std::string& path,
                                        std::size_t bytes_max);

/// The same, as text.
Result<std::string> ReadTextFile(const std::string& path,
                                 std::size_t bytes_max);

/// Makes the file at `path` hold `content`, or leaves what was there: writes
/// beside it, flushes to the disk, and renames. Nothing partial is left
/// behind on an error. The file gets the permissions that a new file gets.
///
/// Errors: kResourceExhausted for a full disk, kPermissionDenied,
/// kNotFound if the folder does not exist, kInvalidArgument if `path` exists
/// and is no regular file (a device is not overwritten). All name the path.
Result<void> WriteFile(const std::string& path,
                       std::span<const std::byte> content);

/// The same, with text.
Result<void> WriteTextFile(const std::string& path, std::string_view content);

/// A file in memory, without a name, that holds `content` and that nobody can
/// change any more.
Result<FileDescriptor> MakeMemoryFile(std::span<const std::byte> content);

/// A file in memory, without a name, of `byte_count` zeros, to be shared with
/// another process. Nobody can change its size any more.
Result<FileDescriptor> MakeSharedFile(std::size_t byte_count);

}  // namespace skerry::platform
