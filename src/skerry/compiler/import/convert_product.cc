#include "skerry/compiler/import/convert.h"
#include "skerry/compiler/import/tensor_reader.h"

namespace skerry::compiler {
namespace {

Result<void> RefuseBlocks(const SourceNode& source) {
  const std::int64_t block = source.node.attributes.Int("block_size", 0);
  if (block == 0) return {};
  return Unimplemented("attribute 'block_size' is " + std::to_string(block) +
                       "; scales by block are not supported");
}

Result<void> WantInputs(const SourceNode& source, int count) {
  for (int i = 0; i < count; ++i) {
    if (InputOf(source, i) == kNoValue) {
      return InvalidArgument("input " + std::to_string(i) + " is left out");
    }
  }
  return {};
}

/// Swaps the first two axes: batch first becomes steps first, and back.
Result<ValueId> SwapFirst(Builder& builder, ValueId id) {
  Attributes attributes;
  attributes.Set("perm", Dims{1, 0, 2});
  return builder.AddInner("Transpose", {id}, std::move(attributes));
}

/// Names for all results of a recurrent layer, also for those that the model
/// leaves out: its kernel keeps its state in them.
std::vector<std::string> ResultNames(const SourceNode& source) {
  std::vector<std::string> names = source.outputs;
  names.resize(source.node.op == "LSTM" ? 3 : 2);
  for (std::string& name : names) {
    if (name.empty()) name = source.node.name + "/unread";
  }
  return names;
}

/// A recurrent layer whose tensors have the batch first.
Result<Ids> BatchFirst(Builder& builder, const SourceNode& source, Node node) {
  for (const int index : {0, 5, 6}) {
    const ValueId id = InputOf(source, index);
    const bool state = index == 5 || node.op == "LSTM";
    if (id == kNoValue || (index != 0 && !state)) continue;
    SKERRY_RETURN_IF_ERROR(WantRank(builder.graph().type(id), 3,
                                    "input " + std::to_string(index)));
    SKERRY_ASSIGN_OR_RETURN(const ValueId swapped, SwapFirst(builder, id));
    SetInput(node, index, swapped);
  }
  std::vector<std::string> inner = ResultNames(source);
  for (std::string& name : inner) name += "/steps_first";
  SKERRY_ASSIGN_OR_RETURN(Ids ids, builder.Add(std::move(node), inner));
  ids.resize(source.outputs.size());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (source.outputs[i].empty()) continue;
    Attributes attributes;
    attributes.Set("perm", i == 0 ? Dims{2, 0, 1, 3} : Dims{1, 0, 2});
    SKERRY_ASSIGN_OR_RETURN(
        ids[i], builder.AddLast("Transpose", {ids[i]}, source.outputs[i],
                                std::move(attributes)));
  }
  return ids;
}

}  // namespace

Result<Ids> ConvertGemm(Builder& builder, const SourceNode& source) {
  SKERRY_RETURN_IF_ERROR(WantInputsAtMost(source, 3));
  return Finish(builder, source, source.node);
}

Result<Ids> ConvertMatMul(Builder& builder, const SourceNode& source) {
  SKERRY_RETURN_IF_ERROR(WantInputsAtMost(source, 2));
  return Finish(builder, source, source.node);
}

Result<Ids> ConvertDequantize(Builder& builder, const SourceNode& source) {
  SKERRY_RETURN_IF_ERROR(WantInputs(source, 2));
  SKERRY_RETURN_IF_ERROR(RefuseBlocks(source));
  const std::int64_t type = source.node.attributes.Int("output_dtype", 0);
  const DataType scale = builder.data_type(InputOf(source, 1));
  if (type != 0 && type != static_cast<std::int64_t>(scale)) {
    return Unimplemented("attribute 'output_dtype' is not the scale's type");
  }
  Node node = source.node;
  node.attributes.Remove("block_size");
  node.attributes.Remove("output_dtype");
  return Finish(builder, source, std::move(node));
}

Result<Ids> ConvertQuantize(Builder& builder, const SourceNode& source) {
  SKERRY_RETURN_IF_ERROR(WantInputs(source, 2));
  SKERRY_RETURN_IF_ERROR(RefuseBlocks(source));
  Node node = source.node;
  const std::int64_t number = node.attributes.Int("output_dtype", 0);
  if (number != 0 && InputOf(source, 2) == kNoValue) {
    SKERRY_ASSIGN_OR_RETURN(const DataType type, ReadDataType(number));
    const Shape scale = builder.shape(InputOf(source, 1));
    SKERRY_RETURN_IF_ERROR(Shape::Create(scale.dims()));
    SetInput(node, 2,
             builder.graph().AddConstant(source.node.name + "/zero_point",
                                         Tensor({type, scale})));
  }
  for (const char* name :
       {"block_size", "output_dtype", "precision", "saturate"}) {
    node.attributes.Remove(name);
  }
  return Finish(builder, source, std::move(node));
}

Result<Ids> ConvertRecurrent(Builder& builder, const SourceNode& source) {
  Node node = source.node;
  const std::int64_t layout = node.attributes.Int("layout", 0);
  node.attributes.Remove("layout");
  if (node.op != "LSTM") node.attributes.Remove("input_forget");
  if (node.op != "GRU") node.attributes.Remove("linear_before_reset");
  if (layout == 0) {
    SKERRY_ASSIGN_OR_RETURN(Ids ids,
                            builder.Add(std::move(node), ResultNames(source)));
    ids.resize(source.outputs.size());
    return ids;
  }
  SKERRY_RETURN_IF_ERROR(WantInputs(source, 3));
  return BatchFirst(builder, source, std::move(node));
}

}  // namespace skerry::compiler
