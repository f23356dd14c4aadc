// The inference functions that ops.def names; `Infer` in op.h says what they
// do. `InferTypes` has checked operand counts, and that the required inputs
// are there and typed, before it calls one.
#pragma once

#include <vector>

#include "skerry/base/result.h"
#include "skerry/compiler/ir/graph.h"

namespace skerry::compiler {

#define SKERRY_INFER(name) \
  Result<std::vector<TensorType>> name(const Graph& graph, const Node& node)

// elementwise.cc
SKERRY_INFER(InferBinaryNumeric);
SKERRY_INFER(InferBitShift);
SKERRY_INFER(InferBitwise);
SKERRY_INFER(InferCast);
SKERRY_INFER(InferClip);
SKERRY_INFER(InferCompare);
SKERRY_INFER(InferElementwise);
SKERRY_INFER(InferEqual);
SKERRY_INFER(InferFloatTest);
SKERRY_INFER(InferLogical);
SKERRY_INFER(InferNot);
SKERRY_INFER(InferPRelu);
SKERRY_INFER(InferPow);
SKERRY_INFER(InferSame);
SKERRY_INFER(InferUnaryFloat);
SKERRY_INFER(InferUnaryInteger);
SKERRY_INFER(InferUnaryNumeric);
SKERRY_INFER(InferWhere);

// convolution.cc
SKERRY_INFER(InferConv);
SKERRY_INFER(InferConvInteger);
SKERRY_INFER(InferConvTranspose);
SKERRY_INFER(InferQLinearConv);

// matmul.cc
SKERRY_INFER(InferEinsum);
SKERRY_INFER(InferGemm);
SKERRY_INFER(InferMatMul);
SKERRY_INFER(InferMatMulInteger);
SKERRY_INFER(InferQLinearMatMul);

// window.cc
SKERRY_INFER(InferGlobalPool);
SKERRY_INFER(InferGridSample);
SKERRY_INFER(InferLrn);
SKERRY_INFER(InferPool);
SKERRY_INFER(InferResize);

// normalization.cc
SKERRY_INFER(InferBatchNormalization);
SKERRY_INFER(InferGroupNormalization);
SKERRY_INFER(InferInstanceNormalization);
SKERRY_INFER(InferLayerNormalization);
SKERRY_INFER(InferMeanVarianceNormalization);

// reduction.cc
SKERRY_INFER(InferAlongAxis);
SKERRY_INFER(InferArgReduce);
SKERRY_INFER(InferCumSum);
SKERRY_INFER(InferReduce);
SKERRY_INFER(InferTopK);

// movement.cc
SKERRY_INFER(InferConcat);
SKERRY_INFER(InferDepthToSpace);
SKERRY_INFER(InferExpand);
SKERRY_INFER(InferPad);
SKERRY_INFER(InferReverseSequence);
SKERRY_INFER(InferSlice);
SKERRY_INFER(InferSpaceToDepth);
SKERRY_INFER(InferSplit);
SKERRY_INFER(InferTile);
SKERRY_INFER(InferTranspose);
SKERRY_INFER(InferTrilu);

// shape.cc
SKERRY_INFER(InferFlatten);
SKERRY_INFER(InferNonZero);
SKERRY_INFER(InferRange);
SKERRY_INFER(InferReshape);
SKERRY_INFER(InferSqueeze);
SKERRY_INFER(InferUnsqueeze);

// gather.cc
SKERRY_INFER(InferGather);
SKERRY_INFER(InferGatherElements);
SKERRY_INFER(InferGatherND);
SKERRY_INFER(InferOneHot);
SKERRY_INFER(InferScatterElements);
SKERRY_INFER(InferScatterND);

// recurrent.cc
SKERRY_INFER(InferGru);
SKERRY_INFER(InferLstm);
SKERRY_INFER(InferRnn);

// quantization.cc
SKERRY_INFER(InferDequantizeLinear);
SKERRY_INFER(InferDynamicQuantizeLinear);
SKERRY_INFER(InferQuantizeLinear);

#undef SKERRY_INFER

}  // namespace skerry::compiler
