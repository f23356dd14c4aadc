#include "skerry/platform/memory_trap.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <string>

#include "skerry/platform/errno_error.h"

namespace skerry::platform {

// The handler may run at any time, so it reads these without a lock: a slot
// whose version is odd, or changes while it is read, is being written. That
// is never the slot of the range that faults, whose owner waits in the fault.
struct MemoryTrap::Slot {
  std::atomic<bool> taken = false;
  std::atomic<std::uint32_t> version = 0;
  std::atomic<std::uintptr_t> begin = 0;
  std::atomic<std::uintptr_t> end = 0;  // equal to begin: nothing is watched
  std::atomic<bool> writable = false;
  std::atomic<bool> sprung = false;
};

static_assert(std::atomic<std::uintptr_t>::is_always_lock_free);
static_assert(std::atomic<bool>::is_always_lock_free);

struct TrapTable {
  // Zero pages until they are used: this costs address space only.
  static inline std::array<MemoryTrap::Slot, kTrapCountMax> slots;
  static inline struct sigaction before{};
  static inline std::uintptr_t page_bytes = 0;

  static void Set(MemoryTrap::Slot& slot, std::uintptr_t begin,
                  std::uintptr_t end, bool writable) {
    slot.version.fetch_add(1);
    slot.begin.store(begin);
    slot.end.store(end);
    slot.writable.store(writable);
    slot.sprung.store(false);
    slot.version.fetch_add(1);
  }

  // Puts zeros under `address` if `slot` watches it.
  static bool Mend(MemoryTrap::Slot& slot, std::uintptr_t address) {
    const std::uint32_t version = slot.version.load();
    const std::uintptr_t begin = slot.begin.load();
    const std::uintptr_t end = slot.end.load();
    const bool writable = slot.writable.load();
    if (version % 2 != 0 || slot.version.load() != version) return false;
    if (address < begin || address >= end) return false;

    const std::uintptr_t page = address / page_bytes * page_bytes;
    // All the rest, not a page: what was cut off is missing to the end, and
    // the client must not choose how many faults that makes.
    // The system call itself: what checkers of races put before it does not
    // belong into a handler, and others may well be reading the page.
    const long mapped = syscall(
        SYS_mmap, page, end - page, PROT_READ | (writable ? PROT_WRITE : 0),
        MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapped == -1) return false;
    slot.sprung.store(true);
    return true;
  }

  static void Handle(int signal, siginfo_t* info, void*) {
    const int number = errno;
    const bool is_fault = info->si_code > 0;  // not one that somebody sent
    if (is_fault) {
      const auto address = reinterpret_cast<std::uintptr_t>(info->si_addr);
      for (MemoryTrap::Slot& slot : slots) {
        if (slot.taken.load(std::memory_order_relaxed) && Mend(slot, address)) {
          errno = number;
          return;
        }
      }
    }
    // Not ours. A fault happens again on return; the rest must be repeated.
    sigaction(signal, &before, nullptr);
    if (!is_fault) raise(signal);
    errno = number;
  }

  static bool Install() {
    page_bytes = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
    struct sigaction action{};
    action.sa_sigaction = &Handle;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
    sigemptyset(&action.sa_mask);
    return sigaction(SIGBUS, &action, &before) == 0;
  }

  // Slots at the front are preferred, which keeps the table small.
  static MemoryTrap::Slot* Take() {
    for (MemoryTrap::Slot& slot : slots) {
      bool expected = false;
      if (!slot.taken.load(std::memory_order_relaxed) &&
          slot.taken.compare_exchange_strong(expected, true)) {
        return &slot;
      }
    }
    return nullptr;
  }
};

Result<MemoryTrap> MemoryTrap::Watch(std::span<const std::byte> range,
                                     bool writable) {
  static bool installed = TrapTable::Install();
  if (!installed) return Internal("cannot handle SIGBUS");
  Slot* const slot = TrapTable::Take();
  if (slot == nullptr) {
    return ResourceExhausted("more than " + std::to_string(kTrapCountMax) +
                             " pieces of shared memory, the limit");
  }
  const auto begin = reinterpret_cast<std::uintptr_t>(range.data());
  const std::uintptr_t page = TrapTable::page_bytes;
  TrapTable::Set(*slot, begin, begin + (range.size() + page - 1) / page * page,
                 writable);
  return MemoryTrap(slot);
}

MemoryTrap::~MemoryTrap() {
  if (slot_ == nullptr) return;
  TrapTable::Set(*slot_, 0, 0, false);
  slot_->taken.store(false);
}

bool MemoryTrap::sprung() const {
  return slot_ != nullptr && slot_->sprung.load();
}

}  // namespace skerry::platform
