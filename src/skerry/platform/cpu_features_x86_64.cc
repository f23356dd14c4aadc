#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>

#include "skerry/platform/cpu.h"
#include "skerry/platform/errno_error.h"
#include "skerry/platform/futex.h"

namespace skerry::platform {
namespace {

enum Register : std::uint8_t { kEax, kEbx, kEcx, kEdx };

// Which registers the operating system must save for a feature to be usable,
// as bits of XCR0.
constexpr std::uint32_t kNone = 0;
constexpr std::uint32_t kAvx = 0x6;
constexpr std::uint32_t kAvx512 = 0xE6;
constexpr std::uint32_t kAmx = 0x60000;

struct Feature {
  std::string_view name;
  std::uint32_t leaf;
  std::uint32_t subleaf;
  Register reg;
  std::uint8_t bit;
  std::uint32_t state;
};

// What clang's -march values consist of, by Linux's names.
constexpr Feature kFeatures[] = {
    {"cx8", 1, 0, kEdx, 8, kNone},
    {"cmov", 1, 0, kEdx, 15, kNone},
    {"mmx", 1, 0, kEdx, 23, kNone},
    {"fxsr", 1, 0, kEdx, 24, kNone},
    {"sse", 1, 0, kEdx, 25, kNone},
    {"sse2", 1, 0, kEdx, 26, kNone},
    {"pni", 1, 0, kEcx, 0, kNone},
    {"pclmulqdq", 1, 0, kEcx, 1, kNone},
    {"ssse3", 1, 0, kEcx, 9, kNone},
    {"fma", 1, 0, kEcx, 12, kAvx},
    {"cx16", 1, 0, kEcx, 13, kNone},
    {"sse4_1", 1, 0, kEcx, 19, kNone},
    {"sse4_2", 1, 0, kEcx, 20, kNone},
    {"movbe", 1, 0, kEcx, 22, kNone},
    {"popcnt", 1, 0, kEcx, 23, kNone},
    {"aes", 1, 0, kEcx, 25, kNone},
    {"xsave", 1, 0, kEcx, 26, kNone},
    {"avx", 1, 0, kEcx, 28, kAvx},
    {"f16c", 1, 0, kEcx, 29, kAvx},
    {"rdrand", 1, 0, kEcx, 30, kNone},
    {"fsgsbase", 7, 0, kEbx, 0, kNone},
    {"bmi1", 7, 0, kEbx, 3, kNone},
    {"avx2", 7, 0, kEbx, 5, kAvx},
    {"bmi2", 7, 0, kEbx, 8, kNone},
    {"avx512f", 7, 0, kEbx, 16, kAvx512},
    {"avx512dq", 7, 0, kEbx, 17, kAvx512},
    {"rdseed", 7, 0, kEbx, 18, kNone},
    {"adx", 7, 0, kEbx, 19, kNone},
    {"avx512ifma", 7, 0, kEbx, 21, kAvx512},
    {"clflushopt", 7, 0, kEbx, 23, kNone},
    {"clwb", 7, 0, kEbx, 24, kNone},
    {"avx512cd", 7, 0, kEbx, 28, kAvx512},
    {"sha_ni", 7, 0, kEbx, 29, kNone},
    {"avx512bw", 7, 0, kEbx, 30, kAvx512},
    {"avx512vl", 7, 0, kEbx, 31, kAvx512},
    {"avx512vbmi", 7, 0, kEcx, 1, kAvx512},
    {"avx512_vbmi2", 7, 0, kEcx, 6, kAvx512},
    {"gfni", 7, 0, kEcx, 8, kNone},
    {"vaes", 7, 0, kEcx, 9, kAvx},
    {"vpclmulqdq", 7, 0, kEcx, 10, kAvx},
    {"avx512_vnni", 7, 0, kEcx, 11, kAvx512},
    {"avx512_bitalg", 7, 0, kEcx, 12, kAvx512},
    {"avx512_vpopcntdq", 7, 0, kEcx, 14, kAvx512},
    {"avx512_vp2intersect", 7, 0, kEdx, 8, kAvx512},
    {"amx_bf16", 7, 0, kEdx, 22, kAmx},
    {"avx512_fp16", 7, 0, kEdx, 23, kAvx512},
    {"amx_tile", 7, 0, kEdx, 24, kAmx},
    {"amx_int8", 7, 0, kEdx, 25, kAmx},
    {"avx_vnni", 7, 1, kEax, 4, kAvx},
    {"avx512_bf16", 7, 1, kEax, 5, kAvx512},
    {"amx_fp16", 7, 1, kEax, 21, kAmx},
    {"avx_ifma", 7, 1, kEax, 23, kAvx},
    {"lahf_lm", 0x80000001, 0, kEcx, 0, kNone},
    {"abm", 0x80000001, 0, kEcx, 5, kNone},
    {"sse4a", 0x80000001, 0, kEcx, 6, kNone},
    {"lm", 0x80000001, 0, kEdx, 29, kNone},
};

// The registers that the operating system saves, XCR0; 0 if it says nothing.
std::uint32_t SavedState() {
  std::uint32_t eax = 0;
  std::uint32_t ebx = 0;
  std::uint32_t ecx = 0;
  std::uint32_t edx = 0;
  constexpr std::uint32_t kOsXsave = 1U << 27;
  if (__get_cpuid(1, &eax, &ebx, &ecx, &edx) == 0 || (ecx & kOsXsave) == 0) {
    return 0;
  }
  std::uint32_t low = 0;
  std::uint32_t high = 0;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

bool Has(const Feature& feature, std::uint32_t saved_state) {
  std::array<std::uint32_t, 4> registers{};
  if (__get_cpuid_count(feature.leaf, feature.subleaf, &registers[kEax],
                        &registers[kEbx], &registers[kEcx],
                        &registers[kEdx]) == 0) {
    return false;
  }
  return (registers[feature.reg] >> feature.bit & 1) != 0 &&
         (saved_state & feature.state) == feature.state;
}

}  // namespace

std::string_view CpuArchitecture() { return "x86_64"; }

bool HasCpuFeature(std::string_view name) {
  const auto feature = std::ranges::find(kFeatures, name, &Feature::name);
  return feature != std::end(kFeatures) && Has(*feature, SavedState());
}

std::vector<std::string_view> CpuFeatures() {
  const std::uint32_t saved_state = SavedState();
  std::vector<std::string_view> names;
  for (const Feature& feature : kFeatures) {
    if (Has(feature, saved_state)) names.push_back(feature.name);
  }
  return names;
}

Result<void> RequestCpuFeature(std::string_view feature) {
  if (!feature.starts_with("amx_")) return {};
  // Linux's Documentation/arch/x86/xstate.rst.
  constexpr int kArchRequestPermission = 0x1023;
  constexpr int kTileData = 18;
  if (syscall(SYS_arch_prctl, kArchRequestPermission, kTileData) != 0) {
    return FailedPrecondition(
        ErrnoError(errno, "the system does not let this process use AMX")
            .message());
  }
  return {};
}

void RelaxCpu() { __builtin_ia32_pause(); }

}  // namespace skerry::platform
