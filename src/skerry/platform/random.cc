#include "skerry/platform/random.h"

#include <sys/random.h>

#include <cerrno>

#include "skerry/base/check.h"

namespace skerry::platform {

void FillRandom(std::span<std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = getrandom(bytes.data(), bytes.size(), 0);
    // Nothing but a signal stops it on any Linux that Skerry runs on.
    SKERRY_CHECK(count > 0 || errno == EINTR);
    if (count > 0) bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
}

}  // namespace skerry::platform
