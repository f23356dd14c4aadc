#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "skerry/compiler/passes/editor.h"
#include "skerry/compiler/passes/match.h"
#include "skerry/compiler/passes/rewrites.h"
#include "skerry/kernels/reference/elementwise_program.h"

namespace skerry::compiler {
namespace {

/// One fused node reads at most this many tensors: each takes registers for
/// its address and, where it is broadcast, strides.
constexpr std::size_t kInputsMax = 8;
/// Programs are kept far below what `kProgramWordsMax` allows, so that the
/// intermediate results fit the registers.
constexpr std::size_t kWordsMax = 64;

std::string NumberText(float value) {
  char text[32];
  const auto end = std::to_chars(text, std::end(text), value);
  return {text, end.ptr};
}

/// Functions of one operand whose word has parameters: the node's attributes
/// and their defaults.
struct WordRow {
  std::string_view op;
  std::string_view word;
  std::string_view a;
  float a_default;
  std::string_view b;
  float b_default;
};

constexpr auto kParameterWords = std::to_array<WordRow>(
    {{"Celu", "celu", "alpha", 1, "", 0},
     {"Elu", "elu", "alpha", 1, "", 0},
     {"HardSigmoid", "hardsigmoid", "alpha", 0.2F, "beta", 0.5F},
     {"LeakyRelu", "leakyrelu", "alpha", 0.01F, "", 0},
     {"Selu", "selu", "alpha", 1.67326319217681884765625F, "gamma",
      1.05070102214813232421875F},
     {"Shrink", "shrink", "bias", 0, "lambd", 0.5F},
     {"ThresholdedRelu", "thresholdedrelu", "alpha", 1, "", 0}});

/// Those without; the ones that have no vector form stay alone.
constexpr auto kPlainFunctions = std::to_array<std::string_view>(
    {"Abs",  "Ceil", "Erf",      "Exp",        "Floor", "Gelu",  "HardSwish",
     "Log",  "Mish", "Neg",      "Reciprocal", "Relu",  "Round", "Sigmoid",
     "Sign", "Silu", "Softplus", "Softsign",   "Sqrt",  "Tanh"});

constexpr auto kBinary = std::to_array<std::string_view>(
    {"Add", "Div", "Max", "Min", "Mul", "Pow", "Sub"});

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

std::string WithParameters(const Node& node, const WordRow& row) {
  std::string word(row.word);
  word += ":" + NumberText(node.attributes.Float(row.a, row.a_default));
  if (!row.b.empty()) {
    word += ":" + NumberText(node.attributes.Float(row.b, row.b_default));
  }
  return word;
}

/// The word for Clip, if its bounds are constant.
std::string ClipWord(const Graph& graph, const Node& node) {
  const float infinity = std::numeric_limits<float>::infinity();
  const auto bound = [&](std::size_t i, float fallback) {
    return InputOf(node, i) == kNoValue ? std::optional(fallback)
                                        : ScalarOf(graph, node.inputs[i]);
  };
  const auto low = bound(1, -infinity);
  const auto high = bound(2, infinity);
  if (!low.has_value() || !high.has_value()) return "";
  return "clip:" + NumberText(*low) + ":" + NumberText(*high);
}

/// The word that does what `node` does to the numbers on the stack, one for
/// each operand; "" if there is none. A Clip has one operand.
std::string WordOf(const Graph& graph, const Node& node) {
  for (const ValueId id : node.inputs) {
    if (id != kNoValue && graph.type(id).type != DataType::kFloat32) return "";
  }
  if (node.outputs.size() != 1 ||
      graph.type(node.outputs[0]).type != DataType::kFloat32) {
    return "";
  }
  if (node.op == "Clip") return ClipWord(graph, node);
  if (node.op == "Gelu" &&
      node.attributes.Text("approximate", "none") == "tanh") {
    return "gelutanh";
  }
  const auto* row = std::ranges::find(kParameterWords, node.op, &WordRow::op);
  if (row != kParameterWords.end()) return WithParameters(node, *row);
  if (std::ranges::find(kPlainFunctions, node.op) != kPlainFunctions.end() ||
      std::ranges::find(kBinary, node.op) != kBinary.end()) {
    return LowerCase(node.op);
  }
  return "";
}

std::size_t OperandCount(const Node& node) {
  return node.op == "Clip" ? 1 : node.inputs.size();
}

/// A program while it grows, and the tensors that it reads.
struct Draft {
  std::vector<ValueId> inputs;
  std::string program;
  std::size_t words = 0;
  std::size_t nodes = 0;

  void Push(const std::string& word) {
    if (!program.empty()) program += ' ';
    program += word;
    ++words;
  }
};

class ElementwiseFuser {
 public:
  explicit ElementwiseFuser(Editor& editor)
      : editor_(editor), graph_(editor.graph()) {}

  /// From the last node to the first, so that each tree is taken whole.
  Result<void> Run() {
    for (NodeIndex i = editor_.size() - 1; i >= 0; --i) {
      if (editor_.removed(i) || WordOf(graph_, editor_.node(i)).empty()) {
        continue;
      }
      SKERRY_RETURN_IF_ERROR(FuseInto(i));
    }
    return {};
  }

 private:
  Result<void> FuseInto(NodeIndex root) {
    Draft draft;
    shape_ = graph_.shape(editor_.node(root).outputs[0]);
    Write(root, draft);
    if (draft.nodes < 2 || !MakesRootShape(draft) ||
        !IsProgram(draft.program)) {
      return {};
    }
    Attributes attributes;
    attributes.Set("program", draft.program);
    SKERRY_ASSIGN_OR_RETURN(
        const ValueId fused,
        editor_.Add(root, "Elementwise", draft.inputs, std::move(attributes)));
    editor_.ReplaceUses(editor_.node(root).outputs[0], fused);
    return {};
  }

  /// Scalars that became numbers no longer count for the shape.
  bool MakesRootShape(const Draft& draft) const {
    Shape shape;
    for (const ValueId id : draft.inputs) {
      const auto both = Broadcast(shape, graph_.shape(id));
      if (!both.has_value()) return false;
      shape = *both;
    }
    return !draft.inputs.empty() && shape == shape_;
  }

  static bool IsProgram(const std::string& text) {
    kernels::reference::Program program;
    return kernels::reference::ParseProgram(
        text.data(), static_cast<kernels::i64>(text.size()), &program);
  }

  /// Appends the words of node `index`: those of its operands, then its own.
  void Write(NodeIndex index, Draft& draft) {
    const Node& node = editor_.node(index);
    ++draft.nodes;
    const std::size_t count = OperandCount(node);
    for (std::size_t i = 0; i < count; ++i) {
      if (i == 1 && node.inputs[0] == node.inputs[1]) {
        draft.Push("dup");
      } else {
        WriteOperand(index, node.inputs[i], draft);
      }
    }
    draft.Push(WordOf(graph_, node));
  }

  void WriteOperand(NodeIndex user, ValueId id, Draft& draft) {
    if (const auto scalar = ScalarOf(graph_, id);
        scalar.has_value() && *scalar == *scalar) {
      draft.Push("#" + NumberText(*scalar));
      return;
    }
    const NodeIndex producer = editor_.Producer(id);
    if (producer != kNoNode && CanAbsorb(user, id, producer, draft)) {
      Write(producer, draft);
      return;
    }
    auto input = std::ranges::find(draft.inputs, id);
    if (input == draft.inputs.end()) {
      draft.inputs.push_back(id);
      input = draft.inputs.end() - 1;
    }
    draft.Push("i" + std::to_string(input - draft.inputs.begin()));
  }

  /// Whether the producer's work can be done here: nothing else wants its
  /// result, which has as many elements as the root's, so that none is
  /// computed twice, and the limits hold.
  bool CanAbsorb(NodeIndex user, ValueId id, NodeIndex producer,
                 const Draft& draft) const {
    const Node& node = editor_.node(producer);
    const auto& users = editor_.Users(id);
    const bool own =
        !editor_.IsGraphOutput(id) &&
        std::ranges::all_of(users, [&](NodeIndex u) { return u == user; });
    return own && graph_.shape(id) == shape_ && !WordOf(graph_, node).empty() &&
           draft.inputs.size() + OperandCount(node) <= kInputsMax &&
           draft.words + 2 * (OperandCount(node) + 1) <= kWordsMax;
  }

  Editor& editor_;
  const Graph& graph_;
  Shape shape_;  ///< of the root's result
};

}  // namespace

Result<bool> FuseElementwise(Graph& graph) {
  Editor editor(graph);
  SKERRY_RETURN_IF_ERROR(ElementwiseFuser(editor).Run());
  return editor.changed();
}

}  // namespace skerry::compiler
