#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "skerry/base/result.h"

namespace skerry::platform {

/// Ranges watched at once, by the whole process.
inline constexpr std::size_t kTrapCountMax = 8192;

/// Watches a mapped range for pages that are missing when they are touched
/// (SIGBUS). Zeros take the place of the first such page and of all that
/// follow it in the range, the instruction goes on, and `sprung` tells. A
/// SIGBUS that no range explains does what it did before the first trap.
///
/// The system ends a process whose thread blocks SIGBUS and gets one, so the
/// threads that touch the range must not block it.
///
/// Thread safety: thread-compatible; `sprung` is thread-safe.
class MemoryTrap {
 public:
  MemoryTrap() = default;
  MemoryTrap(MemoryTrap&& other) noexcept
      : slot_(std::exchange(other.slot_, nullptr)) {}
  MemoryTrap& operator=(MemoryTrap&& other) noexcept {
    std::swap(slot_, other.slot_);
    return *this;
  }
  ~MemoryTrap();

  /// `range` starts on a page and stays mapped while the trap lives.
  /// kResourceExhausted beyond `kTrapCountMax`.
  static Result<MemoryTrap> Watch(std::span<const std::byte> range,
                                  bool writable);

  /// Whether a page was missing since `Watch`.
  bool sprung() const;

 private:
  struct Slot;
  explicit MemoryTrap(Slot* slot) : slot_(slot) {}

  Slot* slot_ = nullptr;

  friend struct TrapTable;
};

}  // namespace skerry::platform
