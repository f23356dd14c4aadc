#include "skerry/platform/resident.h"

#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>

namespace skerry::platform {
namespace {

// Only what nobody can have written to is still in the file as it is in
// memory; segments that were writable while relocations were made are not.
bool IsUnwritten(const ElfW(Phdr) & header) {
  return header.p_type == PT_LOAD && (header.p_flags & PF_W) == 0U;
}

int Release(dl_phdr_info* program, std::size_t /*size*/, void* /*unused*/) {
  const auto page_bytes = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  for (int i = 0; i < program->dlpi_phnum; ++i) {
    const ElfW(Phdr)& header = program->dlpi_phdr[i];
    if (!IsUnwritten(header)) continue;
    const std::uintptr_t begin = program->dlpi_addr + header.p_vaddr;
    const std::uintptr_t end = begin + header.p_memsz;
    // The pages that are the segment's alone.
    const std::uintptr_t first = (begin + page_bytes - 1) & ~(page_bytes - 1);
    const std::uintptr_t last = end & ~(page_bytes - 1);
    if (first >= last) continue;
    // If it fails, they stay, and nothing is lost.
    auto* const address = reinterpret_cast<void*>(  // NOLINT(*-no-int-to-ptr)
        first);
    madvise(address, last - first, MADV_DONTNEED);
  }
  return 1;  // the program itself comes first; its libraries stay
}

}  // namespace

void ReleaseStartupPages() { dl_iterate_phdr(&Release, nullptr); }

// Neither has an error that matters: memory is only used less well.
void LimitHeaps(int count) { mallopt(M_ARENA_MAX, count); }

void ReleaseFreePages() { malloc_trim(0); }

}  // namespace skerry::platform
