#include "skerry/agent/client/region.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <span>

#include "skerry/platform/errno_error.h"
#include "skerry/platform/random.h"

namespace skerry::agent {
namespace {

/// Regions share one list in the agent, whoever made them, so a counter or a
/// process id (of which each container has its own) would not do.
std::string UniqueName() {
  std::array<std::uint64_t, 2> number{};
  platform::FillRandom(std::as_writable_bytes(std::span(number)));
  char name[48];
  std::snprintf(name, sizeof name, "skerry-%016llx%016llx",
                static_cast<unsigned long long>(number[0]),
                static_cast<unsigned long long>(number[1]));
  return name;
}

}  // namespace

Result<std::shared_ptr<Region>> Region::Create(std::size_t byte_count) {
  // One byte where there is nothing to share: no mapping is empty.
  const std::size_t size = std::max(byte_count, std::size_t{1});
  std::shared_ptr<Region> region(new Region);
  region->name_ = UniqueName();
  region->file_ = platform::FileDescriptor(
      memfd_create("skerry", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!region->file_.open()) {
    return platform::ErrnoError(errno, "shared memory");
  }
  const int file = region->file_.number();
  if (ftruncate(file, static_cast<off_t>(size)) != 0 ||
      fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) != 0) {
    return platform::ErrnoError(
        errno, "shared memory of " + std::to_string(size) + " bytes");
  }
  void* const start =
      mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (start == MAP_FAILED) {
    return platform::ErrnoError(
        errno, "shared memory of " + std::to_string(size) + " bytes");
  }
  region->bytes_ = {static_cast<std::byte*>(start), size};
  return region;
}

Region::~Region() {
  if (!bytes_.empty()) munmap(bytes_.data(), bytes_.size());
}

std::string Region::key() const {
  return "memfd:" + std::to_string(file_.number());
}

}  // namespace skerry::agent
