#include "skerry/compiler/compile.h"

#include <algorithm>
#include <chrono>
#include <span>
#include <sstream>

#include "skerry/compiler/emit/embedded.h"
#include "skerry/compiler/emit/emit.h"
#include "skerry/compiler/import/onnx_import.h"
#include "skerry/compiler/ir/print.h"
#include "skerry/compiler/lower/kernel_plan.h"
#include "skerry/compiler/passes/passes.h"
#include "skerry/compiler/plan/arena.h"
#include "skerry/compiler/toolchain/clang.h"
#include "skerry/compiler/toolchain/digest.h"
#include "skerry/compiler/toolchain/self_check.h"
#include "skerry/compiler/toolchain/workspace.h"
#include "skerry/model/container.h"
#include "skerry/platform/file.h"

namespace skerry::compiler {
namespace {

constexpr std::string_view kCompilerName = "skerry " SKERRY_VERSION;

// Protobuf cannot hold more than 2 GiB; larger models have their weights in
// files of their own.
constexpr std::size_t kModelBytesMax = std::size_t{2} << 30;

/// Announces phases and keeps their times.
class Phases {
 public:
  explicit Phases(const std::function<void(std::string_view)>& progress)
      : progress_(progress) {}
  ~Phases() = default;
  Phases(const Phases&) = delete;
  Phases& operator=(const Phases&) = delete;

  void Start(const std::string& name) {
    End();
    name_ = name;
    start_ = std::chrono::steady_clock::now();
    if (progress_) progress_(name);
  }

  std::vector<PhaseTime> Take() {
    End();
    return std::move(times_);
  }

 private:
  void End() {
    if (name_.empty()) return;
    const std::chrono::duration<double> passed =
        std::chrono::steady_clock::now() - start_;
    times_.push_back({name_, passed.count()});
    name_.clear();
  }

  const std::function<void(std::string_view)>& progress_;
  std::string name_;
  std::chrono::steady_clock::time_point start_;
  std::vector<PhaseTime> times_;
};

/// A graph with what each of its nodes becomes.
struct Program {
  Graph graph;
  std::vector<KernelPlan> plans;
  ArenaPlan arena;
  std::int64_t scratch_bytes = 0;
};

Result<Program> MakeProgram(Graph graph, const Target& target) {
  Program program = {.graph = std::move(graph), .plans = {}, .arena = {}};
  std::vector<int> in_place;
  for (const Node& node : program.graph.nodes) {
    SKERRY_ASSIGN_OR_RETURN(KernelPlan plan,
                            Lower(program.graph, node, target));
    in_place.push_back(plan.in_place_input);
    program.scratch_bytes = std::max(program.scratch_bytes, plan.scratch_bytes);
    program.plans.push_back(std::move(plan));
  }
  SKERRY_ASSIGN_OR_RETURN(program.arena, PlanArena(program.graph, in_place));
  return program;
}

// What the program of an "Elementwise" node does: "sigmoid mul". Operands are
// left out, and what is beyond a few words.
std::string ProgramWords(const std::string& program) {
  constexpr int kWordsShown = 4;
  std::istringstream words(program);
  std::string shown;
  std::string word;
  int count = 0;
  while (words >> word) {
    const bool input =
        word.size() > 1 && word[0] == 'i' && word[1] >= '0' && word[1] <= '9';
    if (input || word[0] == '#' || word == "dup" || word == "swap") continue;
    if (++count > kWordsShown) return shown + " ..";
    shown += (shown.empty() ? "" : " ") + word.substr(0, word.find(':'));
  }
  return shown;
}

std::string OpWithFused(const Node& node) {
  if (node.op == "Elementwise") {
    return "Elementwise(" + ProgramWords(node.attributes.Text("program", "")) +
           ")";
  }
  const std::string activation = node.attributes.Text("activation", "");
  std::string op = node.op;
  const bool residual = node.op == "Conv" && node.inputs.size() > 3;
  if (residual) op += "+Add";
  if (!activation.empty()) op += "+" + activation;
  return op;
}

LayerSpec MakeLayer(const Program& program, std::size_t index) {
  const Graph& graph = program.graph;
  const Node& node = graph.nodes[index];
  const KernelPlan& plan = program.plans[index];
  std::int64_t bytes = 0;
  for (const int input : plan.used_inputs) {
    bytes +=
        graph.type(node.inputs[static_cast<std::size_t>(input)]).byte_count();
  }
  for (const Tensor& packed : plan.packed) {
    bytes += packed.type().byte_count();
  }
  ValueId first = kNoValue;
  for (const ValueId id : node.outputs) {
    if (id == kNoValue) continue;
    if (first == kNoValue) first = id;
    bytes += graph.type(id).byte_count();
  }
  const Place& place = program.arena.places[static_cast<std::size_t>(first)];
  return {.name = node.name,
          .op = OpWithFused(node),
          .kernel = plan.kernel,
          .output = graph.type(first),
          .flops = plan.flops,
          .bytes = bytes,
          .offset = place.kind == Place::Kind::kArena ? place.offset : -1};
}

std::vector<TensorSpec> Specs(const Graph& graph,
                              const std::vector<ValueId>& ids) {
  std::vector<TensorSpec> specs;
  for (const ValueId id : ids) {
    specs.push_back({graph.value(id).name, graph.type(id)});
  }
  return specs;
}

Manifest MakeManifest(const Program& program, const Target& target) {
  Manifest manifest;
  manifest.model_name = program.graph.name;
  manifest.compiler = kCompilerName;
  manifest.target = target.name;
  manifest.architecture = target.architecture;
  manifest.cpu_features = target.cpu_features;
  manifest.arena_bytes = static_cast<std::uint64_t>(program.arena.arena_bytes);
  manifest.scratch_bytes =
      static_cast<std::uint64_t>((program.scratch_bytes + 63) / 64 * 64);
  manifest.inputs = Specs(program.graph, program.graph.inputs);
  manifest.outputs = Specs(program.graph, program.graph.outputs);
  for (std::size_t i = 0; i < program.graph.nodes.size(); ++i) {
    if (program.arena.aliases[i]) continue;
    manifest.layers.push_back(MakeLayer(program, i));
  }
  return manifest;
}

// Puts all that clang reads into the workspace.
Result<void> WriteSources(Workspace& workspace, const Emitted& emitted) {
  for (const EmbeddedFile& file : EmbeddedFiles()) {
    SKERRY_RETURN_IF_ERROR(workspace.WriteText(file.path, file.text));
  }
  SKERRY_RETURN_IF_ERROR(workspace.WriteText("model.cc", emitted.cc));
  SKERRY_RETURN_IF_ERROR(
      workspace.WriteText("weights.S", EmitWeightsAssembly()));
  return workspace.Write("weights.bin", emitted.weights);
}

const std::vector<std::string> kObjects = {"model.o", "weights.o"};

Result<std::vector<std::byte>> BuildLibrary(const Workspace& workspace,
                                            const Target& target) {
  const std::string& folder = workspace.path();
  SKERRY_RETURN_IF_ERROR(CompileUnit(target, folder, "model.cc", "model.o"));
  SKERRY_RETURN_IF_ERROR(CompileUnit(target, folder, "weights.S", "weights.o"));
  SKERRY_RETURN_IF_ERROR(LinkModel(folder, kObjects, "model.so"));
  return workspace.Read("model.so");
}

Result<std::string> DigestFile(const std::string& path) {
  SKERRY_ASSIGN_OR_RETURN(const std::vector<std::byte> bytes,
                          platform::ReadFile(path, kModelBytesMax));
  return Digest(bytes);
}

Result<Graph> Import(const std::string& path, const CompileOptions& options) {
  std::vector<std::string> notes;
  auto graph = ImportOnnxFile(path, {.input_shapes = options.input_shapes,
                                     .data_folder = "",
                                     .notes = &notes});
  if (options.progress) {
    for (const std::string& note : notes) options.progress("note: " + note);
  }
  if (!graph) return graph.error().WithContext(path);
  return graph;
}

}  // namespace

Result<Compiled> CompileFile(const std::string& path,
                             const CompileOptions& options) {
  Phases phases(options.progress);
  SKERRY_ASSIGN_OR_RETURN(const Target target, FindTarget(options.target));

  phases.Start("import");
  SKERRY_ASSIGN_OR_RETURN(const std::string digest, DigestFile(path));
  SKERRY_ASSIGN_OR_RETURN(const Graph source, Import(path, options));

  phases.Start("optimise");
  Graph graph = source;
  SKERRY_ASSIGN_OR_RETURN(const std::vector<PhaseTime> passes,
                          RunPasses(graph));

  phases.Start("choose kernels and plan memory");
  SKERRY_ASSIGN_OR_RETURN(const Program program,
                          MakeProgram(std::move(graph), target));
  const Emitted emitted =
      EmitModel(program.graph, program.plans, program.arena, target);
  Compiled compiled;
  compiled.manifest = MakeManifest(program, target);
  compiled.manifest.source_digest = digest;
  compiled.manifest.weight_bytes = emitted.weights.size();
  compiled.ir = PrintGraph(program.graph, {.elide_large_constants = true});
  compiled.cc = emitted.cc;

  SKERRY_RETURN_IF_ERROR(CheckManifest(compiled.manifest));

  phases.Start("compile for " + target.name);
  SKERRY_ASSIGN_OR_RETURN(Workspace workspace, Workspace::Create());
  SKERRY_RETURN_IF_ERROR(WriteSources(workspace, emitted));
  SKERRY_ASSIGN_OR_RETURN(const std::vector<std::byte> library,
                          BuildLibrary(workspace, target));
  compiled.file = WriteContainer(library, compiled.manifest);

  if (options.self_check) {
    phases.Start("check against the reference kernels");
    SKERRY_ASSIGN_OR_RETURN(
        compiled.self_check,
        RunSelfCheck(source, target, workspace, kObjects,
                     EmitSelfCheckMain(program.graph, program.arena.arena_bytes,
                                       program.scratch_bytes)));
  }
  compiled.phases = phases.Take();
  compiled.phases.insert(compiled.phases.end(), passes.begin(), passes.end());
  return compiled;
}

Result<std::string> Assemble(const Compiled& compiled,
                             const CompileOptions& options) {
  SKERRY_ASSIGN_OR_RETURN(const Target target, FindTarget(options.target));
  SKERRY_ASSIGN_OR_RETURN(Workspace workspace, Workspace::Create());
  SKERRY_RETURN_IF_ERROR(WriteSources(workspace, {compiled.cc, {}}));
  SKERRY_RETURN_IF_ERROR(CompileUnit(target, workspace.path(), "model.cc",
                                     "model.s", UnitOutput::kAssembly));
  SKERRY_ASSIGN_OR_RETURN(const std::vector<std::byte> text,
                          workspace.Read("model.s"));
  return std::string(reinterpret_cast<const char*>(text.data()), text.size());
}

}  // namespace skerry::compiler
