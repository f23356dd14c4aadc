#pragma once

#include <string>

#include "skerry/base/result.h"
#include "skerry/compiler/ir/graph.h"
#include "skerry/compiler/toolchain/target.h"

namespace skerry::bench {

/// What one layer took on one thread. Times are of the thread's own CPU, so
/// that other load on the machine is not counted, and the best of many runs.
struct Timing {
  std::string kernel;
  double flops = 0;
  double warm_seconds = 0;
  double cold_seconds = 0;  ///< after other data has filled the caches
};

/// Compiles and times `graph`, a layer.
Result<Timing> TimeLayer(const compiler::Graph& graph,
                         const compiler::Target& target);

/// Multiply-adds in registers: floating-point operations per second.
Result<double> MeasurePeak(const compiler::Target& target);

}  // namespace skerry::bench
