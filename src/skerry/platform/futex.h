#pragma once

#include <atomic>
#include <cstdint>

namespace skerry::platform {

/// Sleeps while `word` holds `expected`, until a `FutexWake` on it. May also
/// return for no reason, so callers look again.
void FutexWait(const std::atomic<std::uint32_t>& word, std::uint32_t expected);

/// Wakes at most `count` of the threads that sleep on `word`.
void FutexWake(const std::atomic<std::uint32_t>& word, int count);

/// Tells the CPU that this thread waits for another, which saves power and
/// leaves a twin thread of the core its resources. Takes some nanoseconds.
void RelaxCpu();

}  // namespace skerry::platform
