#include "skerry/platform/cpu.h"

#include <sched.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

#include "skerry/platform/file.h"

namespace skerry::platform {
namespace {

constexpr std::size_t kSystemFileBytesMax = std::size_t{1} << 20;

// What the system's file at `path` says, without the line's end; empty if
// there is no such file.
std::string SystemText(const std::string& path) {
  std::string text = ReadTextFile(path, kSystemFileBytesMax).value_or("");
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

std::optional<std::int64_t> LeadingNumber(std::string_view text) {
  std::int64_t number = 0;
  const auto parsed =
      std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec != std::errc() || number < 0) return std::nullopt;
  return number;
}

int AffinityCount() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return CPU_COUNT(&set);
}

// The control group's quota in CPUs, rounded up, if it has one. The file says
// "<quota> <period>", or "max <period>".
std::optional<std::int64_t> QuotaCount() {
  const std::string text = SystemText("/sys/fs/cgroup/cpu.max");
  const std::size_t space = text.find(' ');
  if (space == std::string::npos) return std::nullopt;
  const auto quota = LeadingNumber(text);
  const auto period = LeadingNumber(std::string_view(text).substr(space + 1));
  if (!quota || !period || *period == 0) return std::nullopt;
  return *quota / *period + (*quota % *period != 0 ? 1 : 0);
}

// "48K" and "2M", as in /sys.
std::size_t ParseCacheSize(std::string_view text) {
  const auto number = static_cast<std::size_t>(LeadingNumber(text).value_or(0));
  if (text.ends_with('K')) return number << 10;
  if (text.ends_with('M')) return number << 20;
  return number;
}

}  // namespace

int AvailableCpuCount() {
  const std::int64_t affinity = AffinityCount();
  const std::int64_t count =
      std::min(affinity, QuotaCount().value_or(affinity));
  return static_cast<int>(std::max<std::int64_t>(count, 1));
}

CacheSizes CpuCacheSizes() {
  constexpr int kCachesMax = 8;
  CacheSizes sizes;
  for (int i = 0; i < kCachesMax; ++i) {
    const std::string folder =
        "/sys/devices/system/cpu/cpu0/cache/index" + std::to_string(i) + "/";
    const std::string level = SystemText(folder + "level");
    const std::size_t bytes = ParseCacheSize(SystemText(folder + "size"));
    if (level == "1" && SystemText(folder + "type") != "Instruction") {
      sizes.l1_data_bytes = bytes;
    } else if (level == "2") {
      sizes.l2_bytes = bytes;
    } else if (level == "3") {
      sizes.l3_bytes = bytes;
    }
  }
  return sizes;
}

std::string CpuModelName() {
  const std::string text = SystemText("/proc/cpuinfo");
  constexpr std::string_view kKey = "model name";
  const std::size_t key = text.find(kKey);
  if (key == std::string::npos) return {};
  const std::size_t begin = text.find_first_not_of("\t :", key + kKey.size());
  if (begin == std::string::npos) return {};
  return text.substr(begin, text.find('\n', begin) - begin);
}

}  // namespace skerry::platform
