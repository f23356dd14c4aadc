#pragma once

#include <cstddef>
#include <span>
#include <utility>

#include "skerry/base/result.h"
#include "skerry/platform/file.h"

namespace skerry::platform {

/// Owns a stretch of the address space, or none. It starts on a page.
///
/// Thread safety: thread-compatible.
class Mapping {
 public:
  Mapping() = default;
  Mapping(Mapping&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  Mapping& operator=(Mapping&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~Mapping();

  /// The first `byte_count` bytes of `file`, read-only, all brought in at
  /// once. The file must not shrink while it is mapped.
  static Result<Mapping> OfFile(const FileDescriptor& file,
                                std::size_t byte_count);

  /// The first `byte_count` bytes of `file`, to read and write together with
  /// all others that map it so. The file must not shrink while it is mapped.
  static Result<Mapping> OfSharedFile(const FileDescriptor& file,
                                      std::size_t byte_count);

  /// Fresh memory of zeros. From 2 MB on it asks for huge pages, which save
  /// most of the page faults of a first use; whether the system has any is
  /// its own affair. kResourceExhausted if there is not enough.
  static Result<Mapping> OfMemory(std::size_t byte_count);

  std::span<std::byte> bytes() const { return bytes_; }

 private:
  explicit Mapping(std::span<std::byte> bytes) : bytes_(bytes) {}

  std::span<std::byte> bytes_;
};

}  // namespace skerry::platform
