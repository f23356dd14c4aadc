#include <asm/hwcap.h>
#include <sys/auxv.h>

#include <algorithm>
#include <iterator>

#include "skerry/platform/cpu.h"
#include "skerry/platform/futex.h"

namespace skerry::platform {
namespace {

struct Feature {
  std::string_view name;
  unsigned long type;  // of the auxiliary vector's entry
  unsigned long bit;
};

// Linux's Documentation/arch/arm64/elf_hwcaps.rst, by its names.
constexpr Feature kFeatures[] = {
    {"fp", AT_HWCAP, HWCAP_FP},
    {"asimd", AT_HWCAP, HWCAP_ASIMD},
    {"aes", AT_HWCAP, HWCAP_AES},
    {"pmull", AT_HWCAP, HWCAP_PMULL},
    {"sha1", AT_HWCAP, HWCAP_SHA1},
    {"sha2", AT_HWCAP, HWCAP_SHA2},
    {"crc32", AT_HWCAP, HWCAP_CRC32},
    {"atomics", AT_HWCAP, HWCAP_ATOMICS},
    {"fphp", AT_HWCAP, HWCAP_FPHP},
    {"asimdhp", AT_HWCAP, HWCAP_ASIMDHP},
    {"asimdrdm", AT_HWCAP, HWCAP_ASIMDRDM},
    {"jscvt", AT_HWCAP, HWCAP_JSCVT},
    {"fcma", AT_HWCAP, HWCAP_FCMA},
    {"lrcpc", AT_HWCAP, HWCAP_LRCPC},
    {"dcpop", AT_HWCAP, HWCAP_DCPOP},
    {"sha3", AT_HWCAP, HWCAP_SHA3},
    {"sha512", AT_HWCAP, HWCAP_SHA512},
    {"asimddp", AT_HWCAP, HWCAP_ASIMDDP},
    {"asimdfhm", AT_HWCAP, HWCAP_ASIMDFHM},
    {"ilrcpc", AT_HWCAP, HWCAP_ILRCPC},
    {"flagm", AT_HWCAP, HWCAP_FLAGM},
    {"sb", AT_HWCAP, HWCAP_SB},
    {"sve", AT_HWCAP, HWCAP_SVE},
    {"sve2", AT_HWCAP2, HWCAP2_SVE2},
    {"frint", AT_HWCAP2, HWCAP2_FRINT},
    {"svei8mm", AT_HWCAP2, HWCAP2_SVEI8MM},
    {"svebf16", AT_HWCAP2, HWCAP2_SVEBF16},
    {"i8mm", AT_HWCAP2, HWCAP2_I8MM},
    {"bf16", AT_HWCAP2, HWCAP2_BF16},
};

bool Has(const Feature& feature) {
  return (getauxval(feature.type) & feature.bit) != 0;
}

}  // namespace

std::string_view CpuArchitecture() { return "aarch64"; }

bool HasCpuFeature(std::string_view name) {
  const auto feature = std::ranges::find(kFeatures, name, &Feature::name);
  return feature != std::end(kFeatures) && Has(*feature);
}

std::vector<std::string_view> CpuFeatures() {
  std::vector<std::string_view> names;
  for (const Feature& feature : kFeatures) {
    if (Has(feature)) names.push_back(feature.name);
  }
  return names;
}

Result<void> RequestCpuFeature(std::string_view /*feature*/) { return {}; }

void RelaxCpu() { __asm__ volatile("yield"); }

}  // namespace skerry::platform
