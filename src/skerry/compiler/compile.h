#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "skerry/base/result.h"
#include "skerry/compiler/ir/graph.h"
#include "skerry/compiler/phase_time.h"
#include "skerry/compiler/toolchain/target.h"
#include "skerry/model/manifest.h"

namespace skerry::compiler {

/// What a compilation can be told.
struct CompileOptions {
  std::string target = "native";
  /// Shapes for inputs, by name; they win over those in the model.
  std::map<std::string, std::vector<std::int64_t>, std::less<>> input_shapes;
  bool self_check = true;
  /// Called as each phase starts, with a line for people. May be empty.
  std::function<void(std::string_view)> progress;
};

/// What the self-check found: the largest difference between the compiled
/// model and the reference kernels on random input, relative to the largest
/// magnitude of that output.
struct SelfCheck {
  double relative_error;
  std::string output;  ///< the output that is furthest off
};

/// A compiled model, and how it came about.
struct Compiled {
  std::vector<std::byte> file;  ///< what goes to disk, see model/container.h
  Manifest manifest;
  std::string ir;  ///< the final graph, as text
  std::string cc;  ///< the generated C++
  std::vector<PhaseTime> phases;
  std::optional<SelfCheck> self_check;  ///< none: not asked for, or no way
                                        ///< to run the target here
};

/// Compiles the ONNX file at `path`, end to end. The result depends on the
/// file, `options` and this program only.
///
/// Errors: kNotFound, kInvalidArgument and kDataLoss name what is wrong with
/// the model or the options; kUnimplemented the operator that is not
/// supported; kFailedPrecondition a missing tool (clang, lld) and its package;
/// kInternal a self-check that failed.
Result<Compiled> CompileFile(const std::string& path,
                             const CompileOptions& options);

/// The assembly of `compiled.cc` for the target, for `--emit asm`.
Result<std::string> Assemble(const Compiled& compiled,
                             const CompileOptions& options);

}  // namespace skerry::compiler
