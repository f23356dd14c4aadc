#pragma once

namespace skerry::cli {

/// The most bytes that this machine read from memory in a second, in 1e9
/// bytes: `thread_count` threads each read a part of memory that exceeds the
/// caches several times, and the best of several turns counts. Takes some
/// tenths of a second, and for that time up to 512 MiB.
double MeasureMemoryGbps(int thread_count);

}  // namespace skerry::cli
