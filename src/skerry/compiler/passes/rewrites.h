// The passes, each in a file of its name. They return whether they changed the
// graph, and leave it verified and typed; `Passes()` orders them.
#pragma once

#include "skerry/base/result.h"
#include "skerry/compiler/ir/graph.h"

namespace skerry::compiler {

/// fold_constants.cc: nodes whose operands are all constant become constants,
/// computed by the reference kernels, unless the result is much larger than
/// the operands.
Result<bool> FoldConstants(Graph& graph);

/// remove_unused.cc: drops nodes whose results nothing uses.
Result<bool> RemoveUnused(Graph& graph);

/// merge_common.cc: nodes that compute the same from the same become one, as
/// do equal constants.
Result<bool> MergeCommon(Graph& graph);

/// remove_identities.cc: drops nodes that give back their input: Identity,
/// Cast to the same type, Slice of all, Pad by nothing, Concat of one, Mul
/// by 1, ...
Result<bool> RemoveIdentities(Graph& graph);

/// simplify_reshapes.cc: Flatten, Squeeze and Unsqueeze become Reshape, as do
/// Transposes that move only extents of 1; Reshape of Reshape becomes one.
Result<bool> SimplifyReshapes(Graph& graph);

/// simplify_transposes.cc: merges, cancels and moves Transposes down so that
/// they meet, through elementwise operators, Concat, Reshape and the like, and
/// into the rows of constant matrices.
Result<bool> SimplifyTransposes(Graph& graph);

/// clean_up.cc: the passes above again and again, until none finds anything.
Result<bool> CleanUp(Graph& graph);

/// canonicalise.cc: fewer operators for the others to know. Gemm becomes
/// MatMul with a bias, BatchNormalization Mul and Add, Sub and Div of a
/// constant Add and Mul, a mean or maximum over space a global pool, as does
/// an AveragePool of one window, PRelu of one slope LeakyRelu, DepthToSpace and
/// SpaceToDepth a Transpose.
Result<bool> Canonicalise(Graph& graph);

/// recognise_activations.cc: Silu, HardSwish, HardSigmoid, Gelu, Clip and
/// others that models spell out.
Result<bool> RecogniseActivations(Graph& graph);

/// recognise_normalisation.cc: LayerNormalization that models spell out.
Result<bool> RecogniseNormalisation(Graph& graph);

/// recognise_space_to_depth.cc: Slices of every second row and column (or
/// third, ...) and their Concat become one Transpose.
Result<bool> RecogniseSpaceToDepth(Graph& graph);

/// fold_scales.cc: Mul and Add of constants by channel go into the weights and
/// the bias of the convolution or matrix product before or behind them.
Result<bool> FoldScales(Graph& graph);

/// cascade_pools.cc: of maximum pools of one value, those with larger windows
/// start from the result of the next smaller.
Result<bool> CascadePools(Graph& graph);

/// fold_pads.cc: Pad of zeros goes into the convolution or pool behind it.
Result<bool> FoldPads(Graph& graph);

/// fuse_epilogues.cc: activations and residuals go into the convolution or
/// matrix product before them.
Result<bool> FuseEpilogues(Graph& graph);

/// fuse_elementwise.cc: trees of float32 elementwise nodes become one
/// "Elementwise".
Result<bool> FuseElementwise(Graph& graph);

/// copy_outputs.cc: puts an Identity before each graph output that is a graph
/// input, a constant or another output.
Result<bool> CopyOutputs(Graph& graph);

}  // namespace skerry::compiler
