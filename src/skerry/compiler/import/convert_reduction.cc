#include <numeric>

#include "skerry/compiler/import/convert.h"

namespace skerry::compiler {
namespace {

/// Softmax as it was: over all axes from `axis` on together.
Result<Ids> FlatSoftmax(Builder& builder, const SourceNode& source, int axis) {
  const ValueId x = InputOf(source, 0);
  const Dims dims = builder.shape(x).dims();
  const auto product = [](auto first, auto last) {
    return std::accumulate(first, last, std::int64_t{1}, std::multiplies<>());
  };
  const ValueId flat =
      builder.AddInts("flat", {product(dims.begin(), dims.begin() + axis),
                               product(dims.begin() + axis, dims.end())});
  SKERRY_ASSIGN_OR_RETURN(ValueId id, builder.AddInner("Reshape", {x, flat}));
  Attributes attributes;
  attributes.SetInt("axis", 1);
  SKERRY_ASSIGN_OR_RETURN(
      id, builder.AddInner(source.node.op, {id}, std::move(attributes)));
  Node last;
  last.op = "Reshape";
  last.inputs = {id, builder.AddInts("shape", dims)};
  last.attributes.SetInt("allowzero", 1);
  return Finish(builder, source, std::move(last));
}

/// The axes that a reduction names, by attribute or input; none if it does
/// not.
Result<Dims> StatedAxes(const Builder& builder, const SourceNode& source) {
  if (InputOf(source, 1) == kNoValue) {
    return source.node.attributes.Ints("axes");
  }
  return ConstantInts(builder.graph(), source.node, 1, "axes");
}

}  // namespace

Result<Ids> ConvertSoftmax(Builder& builder, const SourceNode& source) {
  SKERRY_RETURN_IF_ERROR(WantInput(source, 0));
  Node node = source.node;
  const int rank = builder.shape(InputOf(source, 0)).rank();
  const bool flat = source.opset < 13;
  if (rank == 0) return InvalidArgument("input is a scalar");
  SKERRY_ASSIGN_OR_RETURN(const int axis,
                          NormalAxis(node.attributes.Int("axis", flat ? 1 : -1),
                                     rank, "attribute 'axis'"));
  if (flat && axis != rank - 1) return FlatSoftmax(builder, source, axis);
  node.attributes.SetInt("axis", axis);
  return Finish(builder, source, std::move(node));
}

Result<Ids> ConvertReduce(Builder& builder, const SourceNode& source) {
  SKERRY_RETURN_IF_ERROR(WantInput(source, 0));
  const ValueId x = InputOf(source, 0);
  const int rank = builder.shape(x).rank();
  SKERRY_ASSIGN_OR_RETURN(const Dims stated, StatedAxes(builder, source));
  SKERRY_ASSIGN_OR_RETURN(std::vector<int> axes,
                          NormalAxes(stated, rank, "'axes'"));
  if (axes.empty()) {
    if (source.node.attributes.Int("noop_with_empty_axes", 0) != 0) {
      return Ids{x};
    }
    axes.resize(static_cast<std::size_t>(rank));
    std::iota(axes.begin(), axes.end(), 0);
  }
  Node node = source.node;
  node.inputs = {x, builder.AddInts("axes", Dims(axes.begin(), axes.end()))};
  node.attributes.Remove("axes");
  // A scalar has no axes, and stays itself.
  node.attributes.SetInt("noop_with_empty_axes", 0);
  return Finish(builder, source, std::move(node));
}

Result<Ids> ConvertTopK(Builder& builder, const SourceNode& source) {
  Node node = source.node;
  if (source.opset < 10) {
    SKERRY_RETURN_IF_ERROR(WantInput(source, 0));
    SetInput(node, 1, builder.AddInts("k", {node.attributes.Int("k", 0)}));
  }
  node.attributes.Remove("k");
  return Finish(builder, source, std::move(node));
}

Result<Ids> ConvertBatchNormalization(Builder& builder,
                                      const SourceNode& source) {
  Node node = source.node;
  if (node.attributes.Int("training_mode", 0) != 0) {
    return Unimplemented(
        "attribute 'training_mode' is 1; export the model for inference");
  }
  if (source.opset < 9 && node.attributes.Int("spatial", 1) == 0) {
    return Unimplemented("attribute 'spatial' is 0, only 1 is supported");
  }
  for (const char* name : {"momentum", "spatial", "training_mode"}) {
    node.attributes.Remove(name);
  }
  if (source.outputs.empty()) return InvalidArgument("has no output");
  return builder.Add(std::move(node), std::span(source.outputs).first(1));
}

Result<Ids> ConvertGroupNormalization(Builder& builder,
                                      const SourceNode& source) {
  Node node = source.node;
  for (int i = 0; i < 3; ++i) SKERRY_RETURN_IF_ERROR(WantInput(source, i));
  const Shape& x = builder.shape(InputOf(source, 0));
  const std::int64_t groups = node.attributes.Int("num_groups", 0);
  // Before opset 21, scale and bias had an element for each group.
  if (source.opset < 21 && x.rank() > 1 && groups > 0 && x[1] % groups == 0) {
    const std::int64_t channels = x[1];
    for (int i = 1; i < 3; ++i) {
      ValueId id = InputOf(source, i);
      SKERRY_RETURN_IF_ERROR(WantShape(builder.graph().type(id), {groups},
                                       i == 1 ? "scale" : "bias"));
      SKERRY_ASSIGN_OR_RETURN(
          id,
          builder.AddInner("Unsqueeze", {id, builder.AddInts("axis", {1})}));
      SKERRY_ASSIGN_OR_RETURN(
          id, builder.AddInner(
                  "Expand", {id, builder.AddInts(
                                     "members", {groups, channels / groups})}));
      SKERRY_ASSIGN_OR_RETURN(
          id, builder.AddInner("Reshape",
                               {id, builder.AddInts("channels", {channels})}));
      SetInput(node, i, id);
    }
  }
  node.attributes.Remove("stash_type");
  return Finish(builder, source, std::move(node));
}

Result<Ids> ConvertRmsNormalization(Builder& builder,
                                    const SourceNode& source) {
  for (int i = 0; i < 2; ++i) SKERRY_RETURN_IF_ERROR(WantInput(source, i));
  const ValueId x = InputOf(source, 0);
  const DataType type = builder.data_type(x);
  const int rank = builder.shape(x).rank();
  SKERRY_ASSIGN_OR_RETURN(
      const int axis, NormalAxis(source.node.attributes.Int("axis", -1), rank,
                                 "attribute 'axis'"));
  Dims axes;
  for (int i = axis; i < rank; ++i) axes.push_back(i);
  SKERRY_ASSIGN_OR_RETURN(ValueId id, builder.AddInner("Mul", {x, x}));
  SKERRY_ASSIGN_OR_RETURN(
      id, builder.AddInner("ReduceMean",
                           {id, builder.AddInts("axes", std::move(axes))}));
  SKERRY_ASSIGN_OR_RETURN(
      const ValueId epsilon,
      builder.AddScalar("epsilon", type,
                        source.node.attributes.Float("epsilon", 1e-5F)));
  SKERRY_ASSIGN_OR_RETURN(id, builder.AddInner("Add", {id, epsilon}));
  SKERRY_ASSIGN_OR_RETURN(id, builder.AddInner("Sqrt", {id}));
  SKERRY_ASSIGN_OR_RETURN(id, builder.AddInner("Div", {x, id}));
  Node last;
  last.op = "Mul";
  last.inputs = {id, InputOf(source, 1)};
  return Finish(builder, source, std::move(last));
}

}  // namespace skerry::compiler
