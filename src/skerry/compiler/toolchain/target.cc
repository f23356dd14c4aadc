#include "skerry/compiler/toolchain/target.h"

#include <algorithm>
#include <array>
#include <set>

#include "skerry/compiler/toolchain/clang.h"
#include "skerry/platform/cpu.h"

namespace skerry::compiler {
namespace {

// What clang defines for a CPU, and the name Linux gives the same feature.
// Only features whose instructions clang may use in a model are listed.
struct FeatureRow {
  std::string_view macro;
  std::string_view feature;
};

constexpr std::array kX86Features = std::to_array<FeatureRow>({
    {"__SSE3__", "pni"},
    {"__SSSE3__", "ssse3"},
    {"__SSE4_1__", "sse4_1"},
    {"__SSE4_2__", "sse4_2"},
    {"__POPCNT__", "popcnt"},
    {"__AVX__", "avx"},
    {"__AVX2__", "avx2"},
    {"__FMA__", "fma"},
    {"__F16C__", "f16c"},
    {"__BMI__", "bmi1"},
    {"__BMI2__", "bmi2"},
    {"__LZCNT__", "abm"},
    {"__MOVBE__", "movbe"},
    {"__AVXVNNI__", "avx_vnni"},
    {"__AVX512F__", "avx512f"},
    {"__AVX512BW__", "avx512bw"},
    {"__AVX512CD__", "avx512cd"},
    {"__AVX512DQ__", "avx512dq"},
    {"__AVX512VL__", "avx512vl"},
    {"__AVX512VBMI__", "avx512vbmi"},
    {"__AVX512VBMI2__", "avx512_vbmi2"},
    {"__AVX512IFMA__", "avx512ifma"},
    {"__AVX512BITALG__", "avx512_bitalg"},
    {"__AVX512VPOPCNTDQ__", "avx512_vpopcntdq"},
    {"__AVX512VNNI__", "avx512_vnni"},
    {"__AVX512BF16__", "avx512_bf16"},
    {"__AVX512FP16__", "avx512_fp16"},
    {"__GFNI__", "gfni"},
    {"__AMX_TILE__", "amx_tile"},
    {"__AMX_INT8__", "amx_int8"},
    {"__AMX_BF16__", "amx_bf16"},
});

constexpr std::array kArmFeatures = std::to_array<FeatureRow>({
    {"__ARM_FP", "fp"},
    {"__ARM_NEON", "asimd"},
    {"__ARM_FEATURE_CRC32", "crc32"},
    {"__ARM_FEATURE_ATOMICS", "atomics"},
    {"__ARM_FEATURE_QRDMX", "asimdrdm"},
    {"__ARM_FEATURE_FP16_VECTOR_ARITHMETIC", "asimdhp"},
    {"__ARM_FEATURE_DOTPROD", "asimddp"},
    {"__ARM_FEATURE_FP16_FML", "asimdfhm"},
    {"__ARM_FEATURE_COMPLEX", "fcma"},
    {"__ARM_FEATURE_MATMUL_INT8", "i8mm"},
    {"__ARM_FEATURE_BF16", "bf16"},
    {"__ARM_FEATURE_SVE", "sve"},
    {"__ARM_FEATURE_SVE2", "sve2"},
});

// Data caches of one core, where they are not the default of `Target`.
struct CacheRow {
  std::string_view name;
  std::int64_t l1_bytes;
  std::int64_t l2_bytes;
};

constexpr std::array kCaches = std::to_array<CacheRow>({
    {"x86-64-v4", 32 << 10, 1 << 20},
    {"x86-64-amx", 48 << 10, 2 << 20},
    {"sapphirerapids", 48 << 10, 2 << 20},
    {"graniterapids", 48 << 10, 2 << 20},
    {"icelake-server", 48 << 10, 1280 << 10},
    {"skylake-avx512", 32 << 10, 1 << 20},
    {"znver4", 32 << 10, 1 << 20},
    {"znver5", 48 << 10, 1 << 20},
    {"alderlake", 48 << 10, 1280 << 10},
    {"cortex-a72", 32 << 10, 1 << 20},
    {"cortex-a76", 64 << 10, 512 << 10},
    {"cortex-a78", 64 << 10, 512 << 10},
    {"neoverse-n1", 64 << 10, 1 << 20},
    {"neoverse-n2", 64 << 10, 1 << 20},
    {"neoverse-v1", 64 << 10, 1 << 20},
    {"neoverse-v2", 64 << 10, 2 << 20},
});

constexpr std::array<std::string_view, 3> kX86Levels = {
    "x86-64-v2", "x86-64-v3", "x86-64-v4"};

void SetX86(Target& target, std::string_view march) {
  target.architecture = "x86_64";
  target.triple = "x86_64-linux-gnu";
  target.flags = {"-march=" + std::string(march)};
}

void SetArm(Target& target, std::string flag) {
  target.architecture = "aarch64";
  target.triple = "aarch64-linux-gnu";
  target.flags = {std::move(flag)};
}

// Asks clang what the target's flags switch on, and fills in the rest.
Result<void> FillFromMacros(Target& target) {
  SKERRY_ASSIGN_OR_RETURN(const std::set<std::string> macros,
                          PredefinedMacros(target));
  const auto has = [&](std::string_view macro) {
    return macros.contains(std::string(macro));
  };
  const bool x86 = target.architecture == "x86_64";
  const auto add = [&](const FeatureRow& row) {
    if (has(row.macro)) target.cpu_features.emplace_back(row.feature);
  };
  if (x86) {
    std::ranges::for_each(kX86Features, add);
  } else {
    std::ranges::for_each(kArmFeatures, add);
  }
  if (!x86) {
    target.vectors = VectorSet::kNeon;
    target.vector_registers = 32;
  } else if (has("__AVX512F__") && has("__AVX512VL__")) {
    target.vectors = VectorSet::kAvx512;
    // Some of clang's tunings would split our vectors in two.
    target.flags.emplace_back("-mprefer-vector-width=512");
    target.vector_lanes = 16;
    target.vector_registers = 32;
  } else if (has("__AVX2__") && has("__FMA__")) {
    target.vectors = VectorSet::kAvx2;
    target.vector_lanes = 8;
  }
  for (const CacheRow& row : kCaches) {
    if (row.name != target.name) continue;
    target.l1_bytes = row.l1_bytes;
    target.l2_bytes = row.l2_bytes;
  }
  return {};
}

// The best of our named targets that this CPU runs. A level, not the very
// CPU: the file runs on the next machine too, and the same model gives the
// same bytes on both.
Result<std::string> NativeName() {
#if defined(__x86_64__)
  std::string best;
  for (const std::string_view level : kX86Levels) {
    SKERRY_ASSIGN_OR_RETURN(const Target target, FindTarget(level));
    const bool runs =
        std::ranges::all_of(target.cpu_features, platform::HasCpuFeature);
    if (runs) best = level;
  }
  if (best.empty()) {
    return FailedPrecondition(
        "this CPU lacks SSE4.2 (x86-64-v2), the least that models need; name "
        "the chip to compile for with --target");
  }
  return best;
#else
  return std::string("aarch64");
#endif
}

Result<Target> FromClangCpu(std::string_view name) {
  Target target;
  target.name = name;
  SetArm(target, "-mcpu=" + std::string(name));
  SKERRY_ASSIGN_OR_RETURN(const std::vector<std::string> arm,
                          SupportedCpus("aarch64-linux-gnu"));
  if (std::ranges::find(arm, name) == arm.end()) {
    SetX86(target, name);
    SKERRY_ASSIGN_OR_RETURN(const std::vector<std::string> x86,
                            SupportedCpus("x86_64-linux-gnu"));
    if (std::ranges::find(x86, name) == x86.end()) {
      return InvalidArgument(
          "target '" + std::string(name) +
          "': got a name that is neither ours nor clang's, want native, "
          "x86-64-v2, x86-64-v3, x86-64-v4, x86-64-amx, aarch64, or a CPU "
          "that clang knows (cortex-a72, neoverse-n1, znver4, ...; "
          "'clang-19 --target=aarch64-linux-gnu --print-supported-cpus' lists "
          "them)");
    }
  }
  return target;
}

}  // namespace

Result<Target> FindTarget(std::string_view name) {
  Target target;
  if (name == "native") {
    SKERRY_ASSIGN_OR_RETURN(const std::string native, NativeName());
    return FindTarget(native);
  }
  target.name = name;
  if (std::ranges::find(kX86Levels, name) != kX86Levels.end()) {
    SetX86(target, name);
  } else if (name == "x86-64-amx") {
    SetX86(target, "x86-64-v4");
    for (const char* flag : {"-mavx512vnni", "-mavx512bf16", "-mamx-tile",
                             "-mamx-int8", "-mamx-bf16"}) {
      target.flags.emplace_back(flag);
    }
  } else if (name == "aarch64") {
    SetArm(target, "-march=armv8-a");
  } else {
    SKERRY_ASSIGN_OR_RETURN(target, FromClangCpu(name));
  }
  SKERRY_RETURN_IF_ERROR(FillFromMacros(target));
  return target;
}

}  // namespace skerry::compiler
