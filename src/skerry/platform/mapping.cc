#include "skerry/platform/mapping.h"

#include <sys/mman.h>

#include <cerrno>
#include <string>

#include "skerry/platform/errno_error.h"

namespace skerry::platform {
namespace {

constexpr std::size_t kHugePageBytes = std::size_t{2} << 20;

}  // namespace

Mapping::~Mapping() {
  if (!bytes_.empty()) munmap(bytes_.data(), bytes_.size());
}

Result<Mapping> Mapping::OfFile(const FileDescriptor& file,
                                std::size_t byte_count) {
  if (byte_count == 0) return Mapping();
  void* const start = mmap(nullptr, byte_count, PROT_READ,
                           MAP_PRIVATE | MAP_POPULATE, file.number(), 0);
  if (start == MAP_FAILED) return ErrnoError(errno, "cannot map the file");
  return Mapping({static_cast<std::byte*>(start), byte_count});
}

Result<Mapping> Mapping::OfSharedFile(const FileDescriptor& file,
                                      std::size_t byte_count) {
  if (byte_count == 0) return Mapping();
  void* const start = mmap(nullptr, byte_count, PROT_READ | PROT_WRITE,
                           MAP_SHARED, file.number(), 0);
  if (start == MAP_FAILED) return ErrnoError(errno, "cannot share the file");
  return Mapping({static_cast<std::byte*>(start), byte_count});
}

Result<Mapping> Mapping::OfMemory(std::size_t byte_count) {
  if (byte_count == 0) return Mapping();
  void* const start = mmap(nullptr, byte_count, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (start == MAP_FAILED) {
    return ErrnoError(
        errno, "cannot get " + std::to_string(byte_count) + " bytes of memory");
  }
  if (byte_count >= kHugePageBytes) madvise(start, byte_count, MADV_HUGEPAGE);
  return Mapping({static_cast<std::byte*>(start), byte_count});
}

}  // namespace skerry::platform
