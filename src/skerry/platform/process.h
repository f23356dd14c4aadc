#pragma once

#include <chrono>
#include <cstddef>

namespace skerry::platform {

/// Memory of this process that is in RAM, files that it maps included; 0 if
/// the system does not tell.
struct MemoryUse {
  std::size_t resident_bytes = 0;
  std::size_t resident_peak_bytes = 0;
};
MemoryUse ProcessMemory();

/// CPU time that the calling thread has used. Other programs do not disturb
/// it as they do a wall clock (that is `std::chrono::steady_clock`).
std::chrono::nanoseconds ThreadCpuTime();

}  // namespace skerry::platform
