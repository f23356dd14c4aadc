#include "skerry/compiler/emit/emit.h"

#include <algorithm>
#include <set>

#include "skerry/compiler/emit/weights.h"
#include "skerry/compiler/lower/cpp_text.h"

namespace skerry::compiler {
namespace {

class Emitter {
 public:
  Emitter(const Graph& graph, const std::vector<KernelPlan>& plans,
          const ArenaPlan& arena, const Target& target)
      : graph_(graph), plans_(plans), arena_(arena), target_(target) {}

  Emitted Run() {
    std::string nodes;
    std::string calls;
    std::string cases;
    int layer = 0;
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      if (arena_.aliases[i]) continue;
      const std::string call = NodeCall(i);
      nodes += NodeFunction(i);
      calls += call;
      cases += "    case " + std::to_string(layer++) + ":\n" + call +
               "      break;\n";
    }
    Emitted emitted;
    emitted.cc = Header() + nodes + "}  // namespace\n\n" +
                 "extern \"C\" __attribute__((visibility(\"default\"))) void\n"
                 "skerry_model_run_v1(const SkerryCall* call) {\n" +
                 calls +
                 "}\n\n"
                 "// Only measurements come here, so it is kept small.\n"
                 "extern \"C\" __attribute__((visibility(\"default\"), cold)) "
                 "void\nskerry_model_run_layer_v1(const SkerryCall* call, "
                 "int64_t layer) {\n  switch (layer) {\n" +
                 cases + "  }\n}\n";
    emitted.weights = weights_.Take();
    return emitted;
  }

 private:
  std::string Header() const;
  std::string NodeFunction(std::size_t index);
  std::string NodeCall(std::size_t index) const;
  /// Declares `name`, a pointer to where `id` is; `mutability` is "const " for
  /// what is read only.
  std::string Local(const std::string& mutability, const std::string& name,
                    ValueId id);
  /// An expression, of byte-pointer type, for where `id` is.
  std::string Address(ValueId id);
  std::string WeightAddress(const Tensor& tensor);

  const Graph& graph_;
  const std::vector<KernelPlan>& plans_;
  const ArenaPlan& arena_;
  const Target& target_;
  WeightBlock weights_;
};

std::string Emitter::Header() const {
  std::set<std::string> headers;
  for (const KernelPlan& plan : plans_) {
    headers.insert(plan.headers.begin(), plan.headers.end());
  }
  std::string text = "// " + CppComment(graph_.name) + " for " +
                     CppComment(target_.name) +
                     ". Written by skerry; do not edit.\n";
  headers.insert("skerry/kernels/call.h");
  headers.insert("skerry/kernels/memory.h");
  headers.insert("skerry/model/abi.h");
  for (const std::string& header : headers) {
    text += "#include \"" + header + "\"\n";
  }
  text +=
      "\nextern \"C\" __attribute__((visibility(\"hidden\"))) const "
      "unsigned char skerry_weights[];\n\nnamespace {\n\n"
      "namespace k = skerry::kernels;\n";
  for (const char* type :
       {"i8", "u8", "i16", "u16", "i32", "u32", "i64", "u64", "f32", "f64"}) {
    text += std::string("using k::") + type + ";\n";
  }
  return text + "\n";
}

std::string Emitter::Address(ValueId id) {
  if (const Tensor* constant = graph_.constant(id)) {
    return WeightAddress(*constant);
  }
  const Place& place = arena_.places[static_cast<std::size_t>(id)];
  switch (place.kind) {
    case Place::Kind::kInput:
      return "call.inputs[" + std::to_string(place.index) + "]";
    case Place::Kind::kOutput: {
      const std::string start =
          "call.outputs[" + std::to_string(place.index) + "]";
      if (place.offset == 0) return start;
      return "(u8*)" + start + " + " + std::to_string(place.offset);
    }
    case Place::Kind::kArena:
      return "call.arena + " + std::to_string(place.offset);
    case Place::Kind::kNone:
      break;
  }
  SKERRY_CHECK(false);
}

std::string Emitter::WeightAddress(const Tensor& tensor) {
  return "skerry_weights + " + std::to_string(weights_.Add(tensor));
}

std::string Emitter::Local(const std::string& mutability,
                           const std::string& name, ValueId id) {
  const std::string type =
      mutability + std::string(CppType(graph_.type(id).type)) + "*";
  return "  [[maybe_unused]] const auto " + name + " =\n      (" + type + ")(" +
         Address(id) + ");\n";
}

std::string Emitter::NodeFunction(std::size_t index) {
  const Node& node = graph_.nodes[index];
  const KernelPlan& plan = plans_[index];
  std::string text = "// " + CppComment(Describe(node)) + ": ";
  for (const ValueId id : node.outputs) {
    if (id != kNoValue) text += graph_.type(id).ToString() + " ";
  }
  text += "by " + plan.kernel + "\nvoid Node" + std::to_string(index) +
          "(void* argument, [[maybe_unused]] int64_t task,\n"
          "           [[maybe_unused]] i32 worker) {\n"
          "  [[maybe_unused]] const SkerryCall& call =\n"
          "      *static_cast<const SkerryCall*>(argument);\n";
  for (const int input : plan.used_inputs) {
    text += Local("const ", "in" + std::to_string(input),
                  node.inputs[static_cast<std::size_t>(input)]);
  }
  for (std::size_t i = 0; i < node.outputs.size(); ++i) {
    if (node.outputs[i] == kNoValue) continue;
    text += Local("", "out" + std::to_string(i), node.outputs[i]);
  }
  for (std::size_t i = 0; i < plan.packed.size(); ++i) {
    const Tensor& packed = plan.packed[i];
    text += "  const auto packed" + std::to_string(i) + " =\n      (const " +
            std::string(CppType(packed.data_type())) + "*)(" +
            WeightAddress(packed) + ");\n";
  }
  if (plan.scratch_bytes > 0) {
    text +=
        "  u8* const scratch = call.scratch + worker * "
        "call.scratch_stride;\n";
  }
  return text + plan.body + "}\n\n";
}

std::string Emitter::NodeCall(std::size_t index) const {
  const std::int64_t tasks = plans_[index].tasks;
  const std::string node = "Node" + std::to_string(index);
  if (tasks == 1) return "  " + node + "((void*)call, 0, 0);\n";
  return "  call->host->parallel_for(call->host->context, " +
         std::to_string(tasks) + ", " + node + ", (void*)call);\n";
}

}  // namespace

Emitted EmitModel(const Graph& graph, const std::vector<KernelPlan>& plans,
                  const ArenaPlan& arena, const Target& target) {
  return Emitter(graph, plans, arena, target).Run();
}

std::string EmitSelfCheckMain(const Graph& graph, std::int64_t arena_bytes,
                              std::int64_t scratch_bytes) {
  const auto sizes = [&](const std::vector<ValueId>& ids) {
    std::vector<std::int64_t> bytes;
    for (const ValueId id : ids) bytes.push_back(graph.type(id).byte_count());
    bytes.push_back(0);
    return CppInts(bytes);
  };
  return "#include \"skerry/compiler/emit/self_check_main.h\"\n\n"
         "extern \"C\" [[noreturn]] void skerry_self_check_main() {\n"
         "  static constexpr long long kInputBytes[] = " +
         sizes(graph.inputs) +
         ";\n  static constexpr long long kOutputBytes[] = " +
         sizes(graph.outputs) + ";\n  skerry::self_check::Run<" +
         std::to_string(graph.inputs.size()) + ", " +
         std::to_string(graph.outputs.size()) +
         ">(\n      kInputBytes, kOutputBytes, " + std::to_string(arena_bytes) +
         ", " + std::to_string(scratch_bytes) +
         ");\n  skerry::self_check::Exit(0);\n}\n";
}

std::string EmitWeightsAssembly() {
  return "  .section .rodata.skerry_weights,\"a\",%progbits\n"
         "  .balign 4096\n"
         "  .globl skerry_weights\n"
         "  .hidden skerry_weights\n"
         "skerry_weights:\n"
         "  .incbin \"weights.bin\"\n"
         "  .byte 0\n"
         "  .section .note.GNU-stack,\"\",%progbits\n";
}

}  // namespace skerry::compiler
