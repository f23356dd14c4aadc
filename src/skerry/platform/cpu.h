#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "skerry/base/result.h"

namespace skerry::platform {

/// The architecture that this program was built for, which is the one it runs
/// on: "x86_64" or "aarch64".
std::string_view CpuArchitecture();

/// Whether this CPU has `name` and the operating system lets programs use it.
/// Names are those that Linux prints in /proc/cpuinfo ("avx2", "asimddp");
/// a name that this program does not know counts as lacking.
///
/// Thread safety: thread-safe.
bool HasCpuFeature(std::string_view name);

/// All names for which `HasCpuFeature` is true.
std::vector<std::string_view> CpuFeatures();

/// Asks the operating system for the right to use `feature`, where one must
/// ask: Linux gives a process AMX ("amx_tile") only on request, for all its
/// threads. Elsewhere there is nothing to do. kFailedPrecondition if the
/// system refuses, or is too old to know.
Result<void> RequestCpuFeature(std::string_view feature);

/// How many CPUs this process may use: those that its affinity allows, or the
/// quota of its control group, rounded up, if that is less. At least 1.
int AvailableCpuCount();

/// Sizes of the first CPU's caches; 0 where the system does not tell.
struct CacheSizes {
  std::size_t l1_data_bytes = 0;
  std::size_t l2_bytes = 0;
  std::size_t l3_bytes = 0;
};
CacheSizes CpuCacheSizes();

/// The CPU's name as /proc/cpuinfo has it; empty if it has none.
std::string CpuModelName();

}  // namespace skerry::platform
