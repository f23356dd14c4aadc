#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "skerry/base/result.h"
#include "skerry/compiler/toolchain/target.h"

namespace skerry::compiler {

/// clang++ and ld.lld of version 19, Debian's packages clang-19 and lld-19.
/// SKERRY_CLANG and SKERRY_LLD in the environment name others.
///
/// All functions give kFailedPrecondition if the program is not installed,
/// with the package that holds it, and kInternal with the program's own words
/// if it refuses what we wrote.

/// The names of the macros that clang defines for `target`.
Result<std::set<std::string>> PredefinedMacros(const Target& target);

/// The CPU names that clang takes for `triple`.
Result<std::vector<std::string>> SupportedCpus(std::string_view triple);

/// What `CompileUnit` makes.
enum class UnitOutput : std::uint8_t { kObject, kAssembly };

/// Compiles `source` (C++ or assembly, by its ending) to `output`. Both are
/// relative to `folder`, where clang runs, so that no path of this machine
/// gets into the result.
Result<void> CompileUnit(const Target& target, const std::string& folder,
                         const std::string& source, const std::string& output,
                         UnitOutput kind = UnitOutput::kObject);

/// Links objects into the shared object `output` of a model.
Result<void> LinkModel(const std::string& folder,
                       const std::vector<std::string>& objects,
                       const std::string& output);

/// Links objects into a static program whose first function is `_start`.
Result<void> LinkProgram(const std::string& folder,
                         const std::vector<std::string>& objects,
                         const std::string& output);

}  // namespace skerry::compiler
