#pragma once

namespace skerry::platform {

/// Takes the program's code and constants out of its resident memory: most of
/// what starting a large program touched is never used again. What is still
/// needed comes back from the page cache when it is touched, which takes
/// microseconds, or a read of the disk if the cache has let it go. Call once,
/// when the program has started.
void ReleaseStartupPages();

/// Lets all threads share at most `count` heaps of the C library, which would
/// else make up to eight for each CPU. Freed memory stays in its heap, so many
/// heaps hold much that nobody uses. Call before the program has threads.
void LimitHeaps(int count);

/// Gives the pages of the heaps that nothing uses back to the system. Others
/// wait meanwhile when they allocate: for when something large has ended.
void ReleaseFreePages();

}  // namespace skerry::platform
