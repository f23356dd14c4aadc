#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>

#include "skerry/base/result.h"
#include "skerry/platform/file.h"

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

/// How often the calling thread has given its CPU up to wait for something.
std::uint64_t ThreadWaitCount();

/// A handle of the process that has the number `process` now, whatever that
/// number stands for later. kNotFound.
Result<FileDescriptor> OpenProcess(pid_t process);

/// Whether the process of a handle has ended.
bool HasEnded(const FileDescriptor& process);

/// For a process that runs what might go wrong: it can gain no privileges, by
/// whatever it executes, leaves no core dump, goes before others when memory
/// runs out, and is not ended by the signals that ask a program to end: its
/// parent ends it.
void ConfineThisProcess();

/// Lets the calling thread, and those that it starts from now on, run on the
/// CPUs `cores` only; empty: as it is. kInvalidArgument if this machine, or
/// this process, has none of them.
Result<void> PinThisThread(std::span<const int> cores);

}  // namespace skerry::platform
