#include "timing.h"

#include <time.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <memory>
#include <new>
#include <vector>

#include "skerry/compiler/emit/embedded.h"
#include "skerry/compiler/emit/emit.h"
#include "skerry/compiler/lower/kernel_plan.h"
#include "skerry/compiler/plan/arena.h"
#include "skerry/compiler/toolchain/clang.h"
#include "skerry/compiler/toolchain/workspace.h"
#include "skerry/model/abi.h"
#include "skerry/platform/dynamic_library.h"
#include "skerry/platform/file.h"

namespace skerry::bench {
namespace {

using compiler::Graph;
using compiler::KernelPlan;
using compiler::Target;
using compiler::Workspace;

/// Memory that starts on a page, filled with ones (as floats).
class Pages {
 public:
  explicit Pages(std::size_t bytes)
      : size_(bytes / sizeof(float) + 1),
        data_(new(std::align_val_t{4096}) float[size_]) {
    std::fill_n(data_.get(), size_, 1.0f);
  }
  float* data() { return data_.get(); }
  std::size_t size() const { return size_; }

 private:
  struct Delete {
    void operator()(float* data) const {
      ::operator delete[](data, std::align_val_t{4096});
    }
  };
  std::size_t size_;
  std::unique_ptr<float[], Delete> data_;
};

double ThreadSeconds() {
  timespec now = {};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) +
         1e-9 * static_cast<double>(now.tv_nsec);
}

template <class Function>
double Seconds(Function function) {
  const double start = ThreadSeconds();
  function();
  return ThreadSeconds() - start;
}

void RunInTurn(void*, std::int64_t count, SkerryTask task, void* argument) {
  for (std::int64_t i = 0; i < count; ++i) task(argument, i, 0);
}

Result<Workspace> MakeWorkspace() {
  SKERRY_ASSIGN_OR_RETURN(Workspace workspace, Workspace::Create());
  for (const compiler::EmbeddedFile& file : compiler::EmbeddedFiles()) {
    SKERRY_RETURN_IF_ERROR(workspace.WriteText(file.path, file.text));
  }
  return workspace;
}

/// Links `objects` and loads the result.
Result<platform::DynamicLibrary> Load(const Workspace& workspace,
                                      const std::vector<std::string>& objects) {
  SKERRY_RETURN_IF_ERROR(
      compiler::LinkModel(workspace.path(), objects, "layer.so"));
  SKERRY_ASSIGN_OR_RETURN(
      const platform::FileDescriptor file,
      platform::OpenForReading(workspace.path() + "/layer.so"));
  return platform::DynamicLibrary::Open(file);
}

Result<platform::DynamicLibrary> Build(const Graph& graph,
                                       const std::vector<KernelPlan>& plans,
                                       const compiler::ArenaPlan& arena,
                                       const Target& target) {
  SKERRY_ASSIGN_OR_RETURN(Workspace workspace, MakeWorkspace());
  const compiler::Emitted emitted =
      compiler::EmitModel(graph, plans, arena, target);
  SKERRY_RETURN_IF_ERROR(workspace.WriteText("model.cc", emitted.cc));
  SKERRY_RETURN_IF_ERROR(
      workspace.WriteText("weights.S", compiler::EmitWeightsAssembly()));
  SKERRY_RETURN_IF_ERROR(workspace.Write("weights.bin", emitted.weights));
  for (const std::string name : {"model.cc", "weights.S"}) {
    SKERRY_RETURN_IF_ERROR(compiler::CompileUnit(
        target, workspace.path(), name, name.substr(0, name.find('.')) + ".o"));
  }
  return Load(workspace, {"model.o", "weights.o"});
}

/// The best of `rounds` runs after `prepare`.
template <class Prepare, class Run>
double Best(int rounds, Prepare prepare, Run run) {
  double best = HUGE_VAL;
  for (int i = 0; i < rounds; ++i) {
    prepare();
    best = std::min(best, Seconds(run));
  }
  return best;
}

}  // namespace

Result<Timing> TimeLayer(const Graph& graph, const Target& target) {
  std::vector<KernelPlan> plans;
  SKERRY_ASSIGN_OR_RETURN(plans.emplace_back(),
                          compiler::Lower(graph, graph.nodes.front(), target));
  SKERRY_ASSIGN_OR_RETURN(const compiler::ArenaPlan arena,
                          compiler::PlanArena(graph, {-1}));
  SKERRY_ASSIGN_OR_RETURN(const platform::DynamicLibrary library,
                          Build(graph, plans, arena, target));
  SKERRY_ASSIGN_OR_RETURN(void* const symbol,
                          library.Find(SKERRY_MODEL_RUN_SYMBOL));
  const auto run = reinterpret_cast<SkerryModelRun>(symbol);

  const KernelPlan& plan = plans.front();
  const auto bytes = [](std::int64_t n) { return static_cast<std::size_t>(n); };
  Pages input(bytes(graph.type(graph.inputs[0]).byte_count()));
  Pages output(bytes(graph.type(graph.outputs[0]).byte_count()));
  Pages arena_memory(bytes(arena.arena_bytes));
  Pages scratch(bytes(plan.scratch_bytes));
  const void* inputs[] = {input.data()};
  void* outputs[] = {output.data()};
  const SkerryHost host = {nullptr, RunInTurn, 1};
  const SkerryCall call = {inputs,
                           outputs,
                           reinterpret_cast<std::uint8_t*>(arena_memory.data()),
                           reinterpret_cast<std::uint8_t*>(scratch.data()),
                           0,
                           &host};

  constexpr std::size_t kOtherBytes = 64 << 20;
  static Pages other(kOtherBytes);
  const auto rinse = [&] {
    for (std::size_t i = 0; i < other.size(); i += 16) other.data()[i] += 1;
    for (std::size_t i = 0; i < input.size(); ++i) input.data()[i] = 0.5f;
  };
  Timing timing;
  timing.kernel = plan.kernel;
  timing.flops = static_cast<double>(plan.flops);
  timing.warm_seconds = Best(50, [] {}, [&] { run(&call); });
  timing.cold_seconds = Best(10, rinse, [&] { run(&call); });
  return timing;
}

Result<double> MeasurePeak(const Target& target) {
  // As many sums as hide the latency, in registers only.
  constexpr int kSums = 12;
  constexpr int kRounds = 200'000;
  SKERRY_ASSIGN_OR_RETURN(Workspace workspace, MakeWorkspace());
  SKERRY_RETURN_IF_ERROR(workspace.WriteText(
      "peak.cc",
      "#include \"skerry/kernels/vec.h\"\n"
      "using namespace skerry::kernels;\n"
      "extern \"C\" __attribute__((visibility(\"default\")))\n"
      "float skerry_peak(long rounds) {\n"
      "  Vec sum[" +
          std::to_string(kSums) +
          "] = {};\n"
          "  for (long i = 0; i < rounds; ++i) {\n"
          "    Vec a = Broadcast(0.5f), b = Broadcast(1);\n"
          "    asm volatile(\"\" : \"+m\"(a), \"+m\"(b));\n"
          "    for (int k = 0; k < 100; ++k) {\n"
          "      for (Vec& s : sum) s = Fma(s, a, b);\n"
          "    }\n"
          "  }\n"
          "  float total = 0;\n"
          "  for (Vec& s : sum) total += ReduceAdd(s);\n"
          "  return total;\n"
          "}\n"));
  SKERRY_RETURN_IF_ERROR(
      compiler::CompileUnit(target, workspace.path(), "peak.cc", "peak.o"));
  SKERRY_ASSIGN_OR_RETURN(const platform::DynamicLibrary library,
                          Load(workspace, {"peak.o"}));
  SKERRY_ASSIGN_OR_RETURN(void* const symbol, library.Find("skerry_peak"));
  const auto peak = reinterpret_cast<float (*)(long)>(symbol);
  const double seconds = Best(10, [] {}, [&] { peak(kRounds / 100); });
  return 2.0 * kSums * target.vector_lanes * kRounds / seconds;
}

}  // namespace skerry::bench
