#include <algorithm>
#include <iterator>

#include "skerry/compiler/import/convert.h"
#include "skerry/compiler/import/tensor_reader.h"

namespace skerry::compiler {
namespace {

bool IsLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// The output that an equation without "->" has: what is broadcast, then the
/// letters that are there once, by name.
std::string ImpliedOutput(const std::string& operands) {
  std::string letters;
  for (const char c : operands) {
    if (IsLetter(c) && std::ranges::count(operands, c) == 1) letters += c;
  }
  std::ranges::sort(letters);
  return (operands.find("...") == std::string::npos ? "" : "...") + letters;
}

/// `equation` without spaces, and with its output.
std::string FullEquation(const std::string& equation) {
  std::string text;
  std::ranges::copy_if(equation, std::back_inserter(text),
                       [](char c) { return c != ' '; });
  if (text.find("->") != std::string::npos) return text;
  return text + "->" + ImpliedOutput(text);
}

/// Writes letters for the axes that "..." stands for, the last `count` of
/// `letters`.
std::string Spell(const std::string& term, const std::string& letters,
                  std::size_t count) {
  const std::size_t at = term.find("...");
  if (at == std::string::npos) return term;
  return term.substr(0, at) + letters.substr(letters.size() - count) +
         term.substr(at + 3);
}

/// Letters that `equation` does not use, as many as the longest "..." needs.
std::string FreeLetters(const std::string& equation) {
  std::string letters;
  for (char c = 'A'; c <= 'z' && letters.size() < kRankMax; ++c) {
    if (IsLetter(c) && equation.find(c) == std::string::npos) letters += c;
  }
  return letters;
}

Result<void> RefuseBlocks(const SourceNode& source) {
  const std::int64_t block = source.node.attributes.Int("block_size", 0);
  if (block == 0) return {};
  return Unimplemented("attribute 'block_size' is " + std::to_string(block) +
                       "; scales by block are not supported");
}

Result<void> WantInputs(const SourceNode& source, int count) {
  for (int i = 0; i < count; ++i) {
    SKERRY_RETURN_IF_ERROR(WantInput(source, i));
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

Result<Ids> ConvertEinsum(Builder& builder, const SourceNode& source) {
  Node node = source.node;
  const std::string equation =
      FullEquation(node.attributes.Text("equation", ""));
  const std::size_t arrow = equation.find("->");
  std::string letters = FreeLetters(equation);
  std::string spelled;
  std::size_t longest = 0;
  std::size_t start = 0;
  for (int i = 0; start <= arrow; ++i) {
    const std::size_t end = std::min(equation.find(',', start), arrow);
    const std::string term = equation.substr(start, end - start);
    const ValueId id = InputOf(source, i);
    std::size_t count = 0;
    if (term.find("...") != std::string::npos && id != kNoValue) {
      const std::size_t rank = builder.shape(id).dims().size();
      const std::size_t named = term.size() - 3;
      if (rank < named || rank - named > letters.size()) {
        return InvalidArgument("attribute 'equation' is '" + equation +
                               "', input " + std::to_string(i) + " has " +
                               std::to_string(rank) + " dimensions");
      }
      count = rank - named;
    }
    longest = std::max(longest, count);
    spelled += (i == 0 ? "" : ",") + Spell(term, letters, count);
    start = end + 1;
  }
  spelled += "->" + Spell(equation.substr(arrow + 2), letters, longest);
  node.attributes.Set("equation", spelled);
  return Finish(builder, source, std::move(node));
}

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
