#pragma once

namespace skerry::cli {

/// The most float32 operations that this CPU did in a second, in GFLOP/s, two
/// for each fused multiply-add: `thread_count` threads run nothing but
/// independent multiply-adds on the widest registers, and the best of several
/// short turns counts. Takes about 0.1 s.
double MeasurePeakGflops(int thread_count);

}  // namespace skerry::cli
