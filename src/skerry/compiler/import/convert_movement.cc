#include <algorithm>

#include "skerry/compiler/import/convert.h"
#include "skerry/compiler/ops/infer.h"

namespace skerry::compiler {
namespace {

/// Integers that were the attribute `name` once and are input `index` now.
Result<Dims> IntsOf(const Builder& builder, const SourceNode& source, int index,
                    std::string_view name) {
  if (InputOf(source, index) != kNoValue) {
    return ConstantInts(builder.graph(), source.node, index, name);
  }
  return source.node.attributes.Ints(name);
}

/// Spreads pads of some axes over all axes.
Result<Dims> PadAllAxes(const Builder& builder, const SourceNode& source,
                        const Dims& pads, int rank) {
  SKERRY_ASSIGN_OR_RETURN(
      const Dims listed, ConstantInts(builder.graph(), source.node, 3, "axes"));
  SKERRY_ASSIGN_OR_RETURN(const std::vector<int> axes,
                          NormalAxes(listed, rank, "input 'axes'"));
  if (pads.size() != 2 * axes.size()) {
    return InvalidArgument("input 'pads' has " + std::to_string(pads.size()) +
                           " elements, want " +
                           std::to_string(2 * axes.size()));
  }
  Dims all(2 * static_cast<std::size_t>(rank), 0);
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const auto axis = static_cast<std::size_t>(axes[i]);
    all[axis] = pads[i];
    all[axis + static_cast<std::size_t>(rank)] = pads[i + axes.size()];
  }
  return all;
}

}  // namespace

Result<Ids> ConvertOneHot(Builder& builder, const SourceNode& source) {
  SKERRY_RETURN_IF_ERROR(WantInput(source, 1));
  Node node = source.node;
  // The depth may be of any number type.
  if (builder.data_type(node.inputs[1]) != DataType::kInt64) {
    Attributes attributes;
    attributes.SetInt("to", static_cast<std::int64_t>(DataType::kInt64));
    SKERRY_ASSIGN_OR_RETURN(
        node.inputs[1],
        builder.AddInner("Cast", {node.inputs[1]}, std::move(attributes)));
  }
  return Finish(builder, source, std::move(node));
}

Result<Ids> ConvertPad(Builder& builder, const SourceNode& source) {
  SKERRY_RETURN_IF_ERROR(WantInput(source, 0));
  const ValueId x = InputOf(source, 0);
  Node node = source.node;
  SKERRY_ASSIGN_OR_RETURN(Dims pads, IntsOf(builder, source, 1, "pads"));
  if (InputOf(source, 3) != kNoValue) {
    SKERRY_ASSIGN_OR_RETURN(
        pads, PadAllAxes(builder, source, pads, builder.shape(x).rank()));
  }
  ValueId value = InputOf(source, 2);
  if (source.opset < 11) {
    SKERRY_ASSIGN_OR_RETURN(
        value, builder.AddScalar("value", builder.data_type(x),
                                 node.attributes.Float("value", 0)));
  }
  node.attributes.Remove("pads");
  node.attributes.Remove("value");
  node.inputs = {x, builder.AddInts("pads", std::move(pads)), value};
  if (node.attributes.Text("mode", "constant") != "constant") {
    node.inputs.pop_back();
  }
  return Finish(builder, source, std::move(node));
}

Result<Ids> ConvertReshape(Builder& builder, const SourceNode& source) {
  Node node = source.node;
  for (int i = 0; i < 2; ++i) SKERRY_RETURN_IF_ERROR(WantInput(source, i));
  node.outputs = {kNoValue};
  SKERRY_ASSIGN_OR_RETURN(const std::vector<TensorType> types,
                          InferReshape(builder.graph(), node));
  node.inputs[1] = builder.AddInts("shape", types.front().shape.dims());
  node.attributes.SetInt("allowzero", 1);
  return Finish(builder, source, std::move(node));
}

Result<Ids> ConvertScatter(Builder& builder, const SourceNode& source) {
  Node node = source.node;
  node.op = "ScatterElements";
  node.attributes.Set("reduction", "none");
  return Finish(builder, source, std::move(node));
}

Result<Ids> ConvertSlice(Builder& builder, const SourceNode& source) {
  SKERRY_RETURN_IF_ERROR(WantInput(source, 0));
  const int rank = builder.shape(InputOf(source, 0)).rank();
  SKERRY_ASSIGN_OR_RETURN(Dims starts, IntsOf(builder, source, 1, "starts"));
  SKERRY_ASSIGN_OR_RETURN(Dims ends, IntsOf(builder, source, 2, "ends"));
  SKERRY_ASSIGN_OR_RETURN(Dims listed, IntsOf(builder, source, 3, "axes"));
  SKERRY_ASSIGN_OR_RETURN(Dims steps, IntsOf(builder, source, 4, "steps"));
  if (InputOf(source, 3) == kNoValue && !source.Has("axes")) {
    for (std::size_t i = 0; i < starts.size(); ++i) {
      listed.push_back(static_cast<std::int64_t>(i));
    }
  }
  SKERRY_ASSIGN_OR_RETURN(const std::vector<int> axes,
                          NormalAxes(listed, rank, "'axes'"));
  if (InputOf(source, 4) == kNoValue) steps.assign(starts.size(), 1);
  Node node;
  node.op = "Slice";
  node.inputs = {InputOf(source, 0),
                 builder.AddInts("starts", std::move(starts)),
                 builder.AddInts("ends", std::move(ends)),
                 builder.AddInts("axes", Dims(axes.begin(), axes.end())),
                 builder.AddInts("steps", std::move(steps))};
  return Finish(builder, source, std::move(node));
}

Result<Ids> ConvertSplit(Builder& builder, const SourceNode& source) {
  SKERRY_RETURN_IF_ERROR(WantInput(source, 0));
  const Shape& x = builder.shape(InputOf(source, 0));
  Node node = source.node;
  SKERRY_ASSIGN_OR_RETURN(
      const int axis,
      NormalAxis(node.attributes.Int("axis", 0), x.rank(), "attribute 'axis'"));
  SKERRY_ASSIGN_OR_RETURN(Dims sizes, IntsOf(builder, source, 1, "split"));
  const auto count = static_cast<std::int64_t>(source.outputs.size());
  const std::int64_t stated = node.attributes.Int("num_outputs", count);
  if (count == 0 || stated != count) {
    return InvalidArgument("attribute 'num_outputs' is " +
                           std::to_string(stated) + ", the node has " +
                           std::to_string(count) + " outputs");
  }
  if (sizes.empty()) {
    if (x[axis] % count != 0 && !source.Has("num_outputs")) {
      return InvalidArgument(
          "axis " + std::to_string(axis) + " has " + std::to_string(x[axis]) +
          " elements, which do not split into " + std::to_string(count));
    }
    const std::int64_t size = (x[axis] + count - 1) / count;
    for (std::int64_t i = 0; i < count; ++i) {
      sizes.push_back(std::clamp<std::int64_t>(x[axis] - i * size, 0, size));
    }
  }
  node.inputs = {InputOf(source, 0),
                 builder.AddInts("split", std::move(sizes))};
  node.attributes = {};
  node.attributes.SetInt("axis", axis);
  return Finish(builder, source, std::move(node));
}

Result<Ids> ConvertSqueeze(Builder& builder, const SourceNode& source) {
  SKERRY_RETURN_IF_ERROR(WantInput(source, 0));
  const Shape& x = builder.shape(InputOf(source, 0));
  SKERRY_ASSIGN_OR_RETURN(Dims axes, IntsOf(builder, source, 1, "axes"));
  if (InputOf(source, 1) == kNoValue && !source.Has("axes")) {
    for (int i = 0; i < x.rank(); ++i) {
      if (x[i] == 1) axes.push_back(i);
    }
  }
  Node node;
  node.op = "Squeeze";
  node.inputs = {InputOf(source, 0), builder.AddInts("axes", std::move(axes))};
  return Finish(builder, source, std::move(node));
}

Result<Ids> ConvertUnsqueeze(Builder& builder, const SourceNode& source) {
  SKERRY_RETURN_IF_ERROR(WantInput(source, 0));
  SKERRY_ASSIGN_OR_RETURN(Dims axes, IntsOf(builder, source, 1, "axes"));
  Node node;
  node.op = "Unsqueeze";
  node.inputs = {InputOf(source, 0), builder.AddInts("axes", std::move(axes))};
  return Finish(builder, source, std::move(node));
}

}  // namespace skerry::compiler
