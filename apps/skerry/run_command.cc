#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "command.h"
#include "inference_options.h"
#include "inference_report.h"
#include "inputs.h"
#include "skerry/runtime/session.h"

namespace skerry::cli {
namespace {

namespace fs = std::filesystem;

struct RunFlags : InferenceOptions {
  int threads = 0;
};

/// The sidecar that was asked for, or else the one beside the model.
std::string SidecarPath(const RunFlags& options) {
  if (!options.preprocess.empty()) return options.preprocess;
  std::error_code error;
  std::string path = fs::path(options.model).replace_extension(".yaml");
  return fs::exists(path, error) ? path : "";
}

/// What running a model once gave.
struct Ran {
  std::vector<Tensor> outputs;
  double milliseconds = 0;
};

Result<Ran> RunOnce(runtime::Session& session,
                    const std::vector<Tensor>& inputs) {
  Ran ran;
  std::vector<std::span<const std::byte>> views;
  for (const Tensor& input : inputs) views.push_back(input.bytes());
  const auto start = std::chrono::steady_clock::now();
  SKERRY_RETURN_IF_ERROR(session.Run(views));
  const std::chrono::duration<double, std::milli> passed =
      std::chrono::steady_clock::now() - start;
  ran.milliseconds = passed.count();
  const std::vector<TensorSpec>& specs = session.model().manifest().outputs;
  for (std::size_t i = 0; i < specs.size(); ++i) {
    Tensor& tensor = ran.outputs.emplace_back(specs[i].type);
    std::ranges::copy(session.output(i), tensor.bytes().begin());
  }
  return ran;
}

Result<void> RunModel(const RunFlags& options) {
  auto model = runtime::Model::LoadFile(options.model);
  if (!model) return BlameFile(model.error(), options.model);
  const Manifest& manifest = (*model)->manifest();
  SKERRY_ASSIGN_OR_RETURN(const media::Preprocess steps,
                          ReadSteps(options, SidecarPath(options)));
  SKERRY_ASSIGN_OR_RETURN(const std::vector<std::string> labels,
                          ReadLabels(options.labels));
  SKERRY_ASSIGN_OR_RETURN(const std::vector<Tensor> inputs,
                          LoadInputs(manifest.inputs, options.inputs, steps));
  SKERRY_ASSIGN_OR_RETURN(
      runtime::Session session,
      runtime::Session::Create(*model, {.thread_count = options.threads}));
  SKERRY_ASSIGN_OR_RETURN(Ran ran, RunOnce(session, inputs));
  SKERRY_ASSIGN_OR_RETURN(
      const InferenceReport report,
      InferenceReport::Create(options, manifest.outputs, std::move(ran.outputs),
                              labels));
  report.Print({{"model", options.model},
                {"threads", session.thread_count()},
                {"run_ms", ran.milliseconds}});
  return {};
}

}  // namespace

void AddRunCommand(CLI::App& app, Action& action) {
  auto options = std::make_shared<RunFlags>();
  CLI::App* command =
      app.add_subcommand("run", "Run a compiled model on arrays or photos");
  command->add_option("MODEL", options->model, "a compiled model")->required();
  AddInferenceFlags(*command, options,
                    "; by default MODEL.yaml beside the model, if it is there");
  command
      ->add_option("--threads", options->threads,
                   "how many threads compute; by default one for each CPU")
      ->type_name("COUNT")
      ->check(CLI::Range(1, runtime::kThreadCountMax).description(""));
  AddExamples(*command,
              "  skerry run net.so --input x=input.npy --output-dir out\n"
              "  skerry run mobilenet.so --input parrot.jpg --resize-short 256 "
              "\\\n      --mean 127.5 --std 127.5 --top 3 --labels labels.txt\n"
              "  skerry run yolox.so --input street.jpg --resize letterbox "
              "\\\n      --anchor top-left --pad-value 114 --color bgr "
              "--output-dir out\n");
  command->callback([&action, options] {
    action = [options] { return RunModel(*options); };
  });
}

}  // namespace skerry::cli
