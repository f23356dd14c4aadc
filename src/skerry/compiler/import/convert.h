// How operators of model files become ours: forms of old operator sets are
// rewritten to the newest, what is implied is written out, and what is made of
// simpler operators is taken apart.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "skerry/base/result.h"
#include "skerry/compiler/import/builder.h"
#include "skerry/compiler/import/source_node.h"
#include "skerry/compiler/ops/operands.h"

namespace skerry::compiler {

using Ids = std::vector<ValueId>;

/// Adds what `source` means and returns the values of its outputs. A node
/// that only passes a value on may return its input. Fewer values than
/// outputs: the others are not supported, and may not be used.
using Convert = Result<Ids> (*)(Builder& builder, const SourceNode& source);

/// An operator as model files know it.
struct SourceOp {
  std::string_view name;
  Convert convert;
  /// Its attributes in all versions, as `ReadAttributes` takes them.
  std::string_view attributes;
};

/// The operator of that name in ONNX's own domain, or null.
const SourceOp* FindSourceOp(std::string_view name);
/// All of them, by name.
std::span<const SourceOp> SourceOps();

/// Adds `node` with the outputs of `source`.
Result<Ids> Finish(Builder& builder, const SourceNode& source, Node node);

/// kInvalidArgument if `source` has more than `count` inputs.
Result<void> WantInputsAtMost(const SourceNode& source, std::size_t count);

/// kInvalidArgument if the `index`-th input is left out.
Result<void> WantInput(const SourceNode& source, int index);

/// The `index`-th input, or `kNoValue`.
ValueId InputOf(const SourceNode& source, int index);
/// Sets the `index`-th input of `node`, which may be the first of its kind.
void SetInput(Node& node, int index, ValueId id);

#define SKERRY_CONVERT(name) \
  Result<Ids> name(Builder& builder, const SourceNode& source)

// convert.cc
SKERRY_CONVERT(ConvertDirectly);  // the meaning has not changed
SKERRY_CONVERT(ConvertIdentity);

// convert_elementwise.cc
SKERRY_CONVERT(ConvertCastLike);
SKERRY_CONVERT(ConvertChain);  // Max, Mean, Min, Sum of any number
SKERRY_CONVERT(ConvertClip);
SKERRY_CONVERT(ConvertDropout);
SKERRY_CONVERT(ConvertSwish);

// convert_window.cc
SKERRY_CONVERT(ConvertConv);
SKERRY_CONVERT(ConvertConvTranspose);
SKERRY_CONVERT(ConvertGridSample);
SKERRY_CONVERT(ConvertPool);

// convert_resize.cc
SKERRY_CONVERT(ConvertResize);
SKERRY_CONVERT(ConvertUpsample);

// convert_product.cc
SKERRY_CONVERT(ConvertEinsum);
SKERRY_CONVERT(ConvertGemm);
SKERRY_CONVERT(ConvertMatMul);
SKERRY_CONVERT(ConvertDequantize);
SKERRY_CONVERT(ConvertQuantize);
SKERRY_CONVERT(ConvertRecurrent);

// convert_reduction.cc
SKERRY_CONVERT(ConvertBatchNormalization);
SKERRY_CONVERT(ConvertGroupNormalization);
SKERRY_CONVERT(ConvertReduce);
SKERRY_CONVERT(ConvertRmsNormalization);
SKERRY_CONVERT(ConvertSoftmax);
SKERRY_CONVERT(ConvertTopK);

// convert_movement.cc
SKERRY_CONVERT(ConvertOneHot);
SKERRY_CONVERT(ConvertPad);
SKERRY_CONVERT(ConvertReshape);
SKERRY_CONVERT(ConvertScatter);
SKERRY_CONVERT(ConvertSlice);
SKERRY_CONVERT(ConvertSplit);
SKERRY_CONVERT(ConvertSqueeze);
SKERRY_CONVERT(ConvertUnsqueeze);

// convert_constant.cc
SKERRY_CONVERT(ConvertConstant);
SKERRY_CONVERT(ConvertConstantOfShape);
SKERRY_CONVERT(ConvertEyeLike);
SKERRY_CONVERT(ConvertShape);
SKERRY_CONVERT(ConvertSize);

#undef SKERRY_CONVERT

}  // namespace skerry::compiler
