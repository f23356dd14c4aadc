#pragma once

namespace skerry::platform {

/// Takes the program's code and constants out of its resident memory: most of
/// what starting a large program touched is never used again. What is still
/// needed comes back from the page cache when it is touched, which takes
/// microseconds, or a read of the disk if the cache has let it go. Call once,
/// when the program has started.
void ReleaseStartupPages();

}  // namespace skerry::platform
