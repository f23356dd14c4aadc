#include "skerry/compiler/import/convert.h"

#include <algorithm>
#include <array>

namespace skerry::compiler {
namespace {

constexpr std::string_view kPoolAttributes =
    "auto_pad:s=NOTSET ceil_mode:i=0 count_include_pad:i=0 dilations:I "
    "kernel_shape:I p:i=2 pads:I storage_order:i=0 strides:I";
constexpr std::string_view kConvAttributes =
    "auto_pad:s=NOTSET dilations:I group:i=1 kernel_shape:I pads:I strides:I";
constexpr std::string_view kReduceAttributes =
    "axes:I keepdims:i=1 noop_with_empty_axes:i=0";
constexpr std::string_view kResizeAttributes =
    "antialias:i=0 axes:I coordinate_transformation_mode:s=half_pixel "
    "cubic_coeff_a:f=-0.75 exclude_outside:i=0 extrapolation_value:f=0 "
    "keep_aspect_ratio_policy:s=stretch mode:s=nearest "
    "nearest_mode:s=round_prefer_floor";
constexpr std::string_view kRecurrentAttributes =
    "activation_alpha:F activation_beta:F activations:S clip:f "
    "direction:s=forward hidden_size:i input_forget:i=0 layout:i=0 "
    "linear_before_reset:i=0";

/// By name.
constexpr auto kSourceOps = std::to_array<SourceOp>({
    {"Abs", ConvertDirectly, ""},
    {"Acos", ConvertDirectly, ""},
    {"Acosh", ConvertDirectly, ""},
    {"Add", ConvertDirectly, ""},
    {"And", ConvertDirectly, ""},
    {"ArgMax", ConvertDirectly, "axis:i=0 keepdims:i=1 select_last_index:i=0"},
    {"ArgMin", ConvertDirectly, "axis:i=0 keepdims:i=1 select_last_index:i=0"},
    {"Asin", ConvertDirectly, ""},
    {"Asinh", ConvertDirectly, ""},
    {"Atan", ConvertDirectly, ""},
    {"Atanh", ConvertDirectly, ""},
    {"AveragePool", ConvertPool, kPoolAttributes},
    {"BatchNormalization", ConvertBatchNormalization,
     "epsilon:f=1e-5 momentum:f spatial:i=1 training_mode:i=0"},
    {"BitShift", ConvertDirectly, "direction:s"},
    {"BitwiseAnd", ConvertDirectly, ""},
    {"BitwiseNot", ConvertDirectly, ""},
    {"BitwiseOr", ConvertDirectly, ""},
    {"BitwiseXor", ConvertDirectly, ""},
    {"Cast", ConvertDirectly, "round_mode:s saturate:i to:i"},
    {"CastLike", ConvertCastLike, "round_mode:s saturate:i"},
    {"Ceil", ConvertDirectly, ""},
    {"Celu", ConvertDirectly, "alpha:f=1"},
    {"Clip", ConvertClip, "max:f min:f"},
    {"Concat", ConvertDirectly, "axis:i"},
    {"Constant", ConvertConstant,
     "sparse_value:g value:t value_float:f value_floats:F value_int:i "
     "value_ints:I value_string:s value_strings:S"},
    {"ConstantOfShape", ConvertConstantOfShape, "value:t"},
    {"Conv", ConvertConv, kConvAttributes},
    {"ConvInteger", ConvertConv, kConvAttributes},
    {"ConvTranspose", ConvertConvTranspose,
     "auto_pad:s=NOTSET dilations:I group:i=1 kernel_shape:I output_padding:I "
     "output_shape:I pads:I strides:I"},
    {"Cos", ConvertDirectly, ""},
    {"Cosh", ConvertDirectly, ""},
    {"CumSum", ConvertDirectly, "exclusive:i=0 reverse:i=0"},
    {"DepthToSpace", ConvertDirectly, "blocksize:i mode:s=DCR"},
    {"DequantizeLinear", ConvertDequantize,
     "axis:i=1 block_size:i=0 output_dtype:i=0"},
    {"Div", ConvertDirectly, ""},
    {"Dropout", ConvertDropout, "ratio:f seed:i"},
    {"DynamicQuantizeLinear", ConvertDirectly, ""},
    {"Einsum", ConvertEinsum, "equation:s"},
    {"Elu", ConvertDirectly, "alpha:f=1"},
    {"Equal", ConvertDirectly, ""},
    {"Erf", ConvertDirectly, ""},
    {"Exp", ConvertDirectly, ""},
    {"Expand", ConvertDirectly, ""},
    {"EyeLike", ConvertEyeLike, "dtype:i k:i=0"},
    {"Flatten", ConvertDirectly, "axis:i=1"},
    {"Floor", ConvertDirectly, ""},
    {"GRU", ConvertRecurrent, kRecurrentAttributes},
    {"Gather", ConvertDirectly, "axis:i=0"},
    {"GatherElements", ConvertDirectly, "axis:i=0"},
    {"GatherND", ConvertDirectly, "batch_dims:i=0"},
    {"Gelu", ConvertDirectly, "approximate:s=none"},
    {"Gemm", ConvertGemm, "alpha:f=1 beta:f=1 transA:i=0 transB:i=0"},
    {"GlobalAveragePool", ConvertDirectly, ""},
    {"GlobalLpPool", ConvertDirectly, "p:i=2"},
    {"GlobalMaxPool", ConvertDirectly, ""},
    {"Greater", ConvertDirectly, ""},
    {"GreaterOrEqual", ConvertDirectly, ""},
    {"GridSample", ConvertGridSample,
     "align_corners:i=0 mode:s=linear padding_mode:s=zeros"},
    {"GroupNormalization", ConvertGroupNormalization,
     "epsilon:f=1e-5 num_groups:i stash_type:i"},
    {"HardSigmoid", ConvertDirectly, "alpha:f=0.2 beta:f=0.5"},
    {"HardSwish", ConvertDirectly, ""},
    {"Hardmax", ConvertSoftmax, "axis:i"},
    {"Identity", ConvertIdentity, ""},
    {"InstanceNormalization", ConvertDirectly, "epsilon:f=1e-5"},
    {"IsInf", ConvertDirectly, "detect_negative:i=1 detect_positive:i=1"},
    {"IsNaN", ConvertDirectly, ""},
    {"LRN", ConvertDirectly, "alpha:f=0.0001 beta:f=0.75 bias:f=1 size:i"},
    {"LSTM", ConvertRecurrent, kRecurrentAttributes},
    {"LayerNormalization", ConvertDirectly,
     "axis:i=-1 epsilon:f=1e-5 stash_type:i"},
    {"LeakyRelu", ConvertDirectly, "alpha:f=0.01"},
    {"Less", ConvertDirectly, ""},
    {"LessOrEqual", ConvertDirectly, ""},
    {"Log", ConvertDirectly, ""},
    {"LogSoftmax", ConvertSoftmax, "axis:i"},
    {"LpNormalization", ConvertDirectly, "axis:i=-1 p:i=2"},
    {"LpPool", ConvertPool, kPoolAttributes},
    {"MatMul", ConvertMatMul, ""},
    {"MatMulInteger", ConvertDirectly, ""},
    {"Max", ConvertChain, ""},
    {"MaxPool", ConvertPool, kPoolAttributes},
    {"Mean", ConvertChain, ""},
    {"MeanVarianceNormalization", ConvertDirectly, "axes:I"},
    {"Min", ConvertChain, ""},
    {"Mish", ConvertDirectly, ""},
    {"Mod", ConvertDirectly, "fmod:i=0"},
    {"Mul", ConvertDirectly, ""},
    {"Neg", ConvertDirectly, ""},
    {"NonZero", ConvertDirectly, ""},
    {"Not", ConvertDirectly, ""},
    {"OneHot", ConvertOneHot, "axis:i=-1"},
    {"Or", ConvertDirectly, ""},
    {"PRelu", ConvertDirectly, ""},
    {"Pad", ConvertPad, "mode:s=constant pads:I value:f=0"},
    {"Pow", ConvertDirectly, ""},
    {"QLinearConv", ConvertConv, kConvAttributes},
    {"QLinearMatMul", ConvertDirectly, ""},
    {"QuantizeLinear", ConvertQuantize,
     "axis:i=1 block_size:i=0 output_dtype:i=0 precision:i=0 saturate:i=1"},
    {"RMSNormalization", ConvertRmsNormalization,
     "axis:i=-1 epsilon:f=1e-5 stash_type:i=1"},
    {"RNN", ConvertRecurrent, kRecurrentAttributes},
    {"Range", ConvertDirectly, ""},
    {"Reciprocal", ConvertDirectly, ""},
    {"ReduceL1", ConvertReduce, kReduceAttributes},
    {"ReduceL2", ConvertReduce, kReduceAttributes},
    {"ReduceLogSum", ConvertReduce, kReduceAttributes},
    {"ReduceLogSumExp", ConvertReduce, kReduceAttributes},
    {"ReduceMax", ConvertReduce, kReduceAttributes},
    {"ReduceMean", ConvertReduce, kReduceAttributes},
    {"ReduceMin", ConvertReduce, kReduceAttributes},
    {"ReduceProd", ConvertReduce, kReduceAttributes},
    {"ReduceSum", ConvertReduce, kReduceAttributes},
    {"ReduceSumSquare", ConvertReduce, kReduceAttributes},
    {"Relu", ConvertDirectly, ""},
    {"Reshape", ConvertReshape, "allowzero:i=0"},
    {"Resize", ConvertResize, kResizeAttributes},
    {"ReverseSequence", ConvertDirectly, "batch_axis:i=1 time_axis:i=0"},
    {"Round", ConvertDirectly, ""},
    {"Scatter", ConvertScatter, "axis:i=0"},
    {"ScatterElements", ConvertDirectly, "axis:i=0 reduction:s=none"},
    {"ScatterND", ConvertDirectly, "reduction:s=none"},
    {"Selu", ConvertDirectly,
     "alpha:f=1.67326319217681884765625 gamma:f=1.05070102214813232421875"},
    {"Shape", ConvertShape, "end:i start:i=0"},
    {"Shrink", ConvertDirectly, "bias:f=0 lambd:f=0.5"},
    {"Sigmoid", ConvertDirectly, ""},
    {"Sign", ConvertDirectly, ""},
    {"Sin", ConvertDirectly, ""},
    {"Sinh", ConvertDirectly, ""},
    {"Size", ConvertSize, ""},
    {"Slice", ConvertSlice, "axes:I ends:I starts:I"},
    {"Softmax", ConvertSoftmax, "axis:i"},
    {"Softplus", ConvertDirectly, ""},
    {"Softsign", ConvertDirectly, ""},
    {"SpaceToDepth", ConvertDirectly, "blocksize:i"},
    {"Split", ConvertSplit, "axis:i=0 num_outputs:i split:I"},
    {"Sqrt", ConvertDirectly, ""},
    {"Squeeze", ConvertSqueeze, "axes:I"},
    {"Sub", ConvertDirectly, ""},
    {"Sum", ConvertChain, ""},
    {"Swish", ConvertSwish, "alpha:f=1"},
    {"Tan", ConvertDirectly, ""},
    {"Tanh", ConvertDirectly, ""},
    {"ThresholdedRelu", ConvertDirectly, "alpha:f=1"},
    {"Tile", ConvertDirectly, ""},
    {"TopK", ConvertTopK, "axis:i=-1 k:i largest:i=1 sorted:i=1"},
    {"Transpose", ConvertDirectly, "perm:I"},
    {"Trilu", ConvertDirectly, "upper:i=1"},
    {"Unsqueeze", ConvertUnsqueeze, "axes:I"},
    {"Upsample", ConvertUpsample, "mode:s=nearest scales:F"},
    {"Where", ConvertDirectly, ""},
    {"Xor", ConvertDirectly, ""},
});
static_assert(std::ranges::is_sorted(kSourceOps, {}, &SourceOp::name));

}  // namespace

std::span<const SourceOp> SourceOps() { return kSourceOps; }

const SourceOp* FindSourceOp(std::string_view name) {
  const auto found =
      std::ranges::lower_bound(kSourceOps, name, {}, &SourceOp::name);
  return found != kSourceOps.end() && found->name == name ? found : nullptr;
}

Result<Ids> Finish(Builder& builder, const SourceNode& source, Node node) {
  return builder.Add(std::move(node), source.outputs);
}

Result<void> WantInput(const SourceNode& source, int index) {
  if (InputOf(source, index) != kNoValue) return {};
  return InvalidArgument("input " + std::to_string(index) + " is left out");
}

Result<void> WantInputsAtMost(const SourceNode& source, std::size_t count) {
  const std::size_t found = source.node.inputs.size();
  if (found <= count) return {};
  return InvalidArgument("has " + std::to_string(found) +
                         " inputs, want at most " + std::to_string(count));
}

ValueId InputOf(const SourceNode& source, int index) {
  const auto i = static_cast<std::size_t>(index);
  return i < source.node.inputs.size() ? source.node.inputs[i] : kNoValue;
}

void SetInput(Node& node, int index, ValueId id) {
  const auto i = static_cast<std::size_t>(index);
  if (node.inputs.size() <= i) node.inputs.resize(i + 1, kNoValue);
  node.inputs[i] = id;
}

Result<Ids> ConvertDirectly(Builder& builder, const SourceNode& source) {
  return Finish(builder, source, source.node);
}

Result<Ids> ConvertIdentity(Builder&, const SourceNode& source) {
  if (source.node.inputs.size() != 1 || InputOf(source, 0) == kNoValue) {
    return InvalidArgument("wants exactly one input");
  }
  return Ids{InputOf(source, 0)};
}

}  // namespace skerry::compiler
