#pragma once

#include <cstddef>
#include <span>

namespace skerry::platform {

/// Fills `bytes` with what nobody can foretell, by the system's generator.
/// Waits, early after a boot, until that is ready.
///
/// Thread safety: thread-safe.
void FillRandom(std::span<std::byte> bytes);

}  // namespace skerry::platform
