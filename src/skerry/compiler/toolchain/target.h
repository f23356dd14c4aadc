#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "skerry/base/result.h"

namespace skerry::compiler {

/// Which vector instructions kernels are written for.
enum class VectorSet : std::uint8_t {
  kSse,     ///< 4 floats, 16 registers, no fused multiply-add
  kAvx2,    ///< 8 floats, 16 registers
  kAvx512,  ///< 16 floats, 32 registers
  kNeon,    ///< 4 floats, 32 registers
};

/// The chip that a model is compiled for.
struct Target {
  std::string name;                ///< as the user gave it: "x86-64-v4"
  std::string architecture;        ///< "x86_64" or "aarch64"
  std::string triple;              ///< clang's: "x86_64-linux-gnu"
  std::vector<std::string> flags;  ///< clang's: {"-march=x86-64-v4"}
  /// What the CPU must have, by the names in Linux's /proc/cpuinfo.
  std::vector<std::string> cpu_features;
  VectorSet vectors = VectorSet::kSse;
  int vector_lanes = 4;  ///< floats in a register
  int vector_registers = 16;
  std::int64_t l1_bytes = 32 << 10;  ///< data cache of one core
  std::int64_t l2_bytes = 512 << 10;
};

/// The target that a user calls `name`: "native", "x86-64-v2" to "-v4",
/// "x86-64-amx", "aarch64", or any `-mcpu`/`-march` name of clang's.
/// kInvalidArgument lists what there is.
Result<Target> FindTarget(std::string_view name);

}  // namespace skerry::compiler
