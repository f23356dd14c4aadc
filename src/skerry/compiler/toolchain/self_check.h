#pragma once

#include <optional>
#include <string>
#include <vector>

#include "skerry/base/result.h"
#include "skerry/compiler/compile.h"
#include "skerry/compiler/ir/graph.h"
#include "skerry/compiler/toolchain/target.h"
#include "skerry/compiler/toolchain/workspace.h"

namespace skerry::compiler {

/// Runs a just compiled model once on random input, as a program of its own
/// (under qemu for another architecture), and compares its outputs with those
/// that the reference kernels give for `source`, the graph as imported.
///
/// `workspace` holds `objects`, which together export the entry point, and all
/// headers; `main_source` is what `EmitSelfCheckMain` gave.
///
/// None if nothing here can run the target's code. kInternal if the program
/// crashes or an output is further off than arithmetic explains.
Result<std::optional<SelfCheck>> RunSelfCheck(const Graph& source,
                                              const Target& target,
                                              Workspace& workspace,
                                              std::vector<std::string> objects,
                                              const std::string& main_source);

}  // namespace skerry::compiler
