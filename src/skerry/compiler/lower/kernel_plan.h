#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "skerry/base/result.h"
#include "skerry/compiler/ir/graph.h"
#include "skerry/compiler/toolchain/target.h"
#include "skerry/tensor/tensor.h"

namespace skerry::compiler {

/// How one node becomes code. The emitter writes, for each node, a function
///
///     static void Node7(void* argument, i64 task, i32 worker) {
///       <locals>
///       <body>
///     }
///
/// whose locals are `in0`, `in1`, ... (`const float*` and the like, one for
/// each input that is present and used), `out0`, ..., `packed0`, ... (the
/// tensors of `packed`, aligned to 64) and `scratch` (`u8*`, the worker's,
/// aligned to 64), and calls it for each `task` in [0, tasks).
///
/// Results must not depend on how tasks are dealt to workers, so each output
/// element is computed in one task, in one order.
struct KernelPlan {
  std::vector<std::string> headers;  ///< "skerry/kernels/pointwise.h"
  /// Statements that use the locals, `task`, and constants written out:
  /// "k::Pointwise<k::PointwiseShape{...}>(in0, packed0, out0, task);",
  /// where `k` is skerry::kernels.
  std::string body;
  std::string kernel;  ///< for people: "pointwise 14x32"
  std::int64_t tasks = 1;
  std::vector<Tensor> packed;  ///< weights as the kernel wants them
  /// Inputs that `body` reads; constants not listed are not emitted.
  std::vector<int> used_inputs;
  std::int64_t scratch_bytes = 0;  ///< for each worker
  std::int64_t flops = 0;
  /// Input whose memory output 0 may take over: each element is read before
  /// or when the element of the same index is written. -1: none.
  int in_place_input = -1;
};

/// Chooses kernel, tile and packing for `node`: a tuned kernel if there is
/// one for this target and shape, else the reference kernel.
/// kUnimplemented names the node and what has no kernel.
Result<KernelPlan> Lower(const Graph& graph, const Node& node,
                         const Target& target);

/// The lowerings of one family each, in their own files. They return nothing
/// if the node is not theirs, and `Lower` tries them in turn.
using LowerFamily = Result<std::optional<KernelPlan>> (*)(const Graph& graph,
                                                          const Node& node,
                                                          const Target& target);
Result<std::optional<KernelPlan>> LowerConvolution(const Graph& graph,
                                                   const Node& node,
                                                   const Target& target);
Result<std::optional<KernelPlan>> LowerMatMul(const Graph& graph,
                                              const Node& node,
                                              const Target& target);
Result<std::optional<KernelPlan>> LowerElementwise(const Graph& graph,
                                                   const Node& node,
                                                   const Target& target);
Result<std::optional<KernelPlan>> LowerWindow(const Graph& graph,
                                              const Node& node,
                                              const Target& target);
Result<std::optional<KernelPlan>> LowerReduction(const Graph& graph,
                                                 const Node& node,
                                                 const Target& target);
Result<std::optional<KernelPlan>> LowerNormalization(const Graph& graph,
                                                     const Node& node,
                                                     const Target& target);
Result<std::optional<KernelPlan>> LowerMovement(const Graph& graph,
                                                const Node& node,
                                                const Target& target);
/// Never declines: every operator with a reference kernel has a plan.
Result<KernelPlan> LowerReference(const Graph& graph, const Node& node);

}  // namespace skerry::compiler
