#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "command.h"
#include "format.h"
#include "inputs.h"
#include "preprocess_options.h"
#include "ranking.h"
#include "reports.h"
#include "skerry/media/npy.h"
#include "skerry/platform/file.h"
#include "skerry/runtime/session.h"

namespace skerry::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kTextBytesMax = 16 << 20;
constexpr std::size_t kTopByDefault = 5;
constexpr std::size_t kTopMax = 1'000'000;

struct Options {
  std::string model;
  std::vector<std::string> inputs;
  std::string output_folder;
  std::size_t top = 0;
  std::string labels;
  bool json = false;
  int threads = 0;
  std::string preprocess;
  PreprocessValues preprocess_values;
};

/// One result, and where it went.
struct Output {
  std::string name;
  Tensor tensor;
  std::string path;  ///< empty: not written
};

/// The sidecar that was asked for, or else the one beside the model.
Result<std::string> ReadSidecarFile(const Options& options, std::string& path) {
  path = options.preprocess;
  if (path.empty()) {
    std::error_code error;
    path = fs::path(options.model).replace_extension(".yaml").string();
    if (!fs::exists(path, error)) {
      path.clear();
      return "";
    }
  }
  return platform::ReadTextFile(path, kTextBytesMax);
}

Result<media::Preprocess> ReadSteps(const Options& options) {
  std::string path;
  SKERRY_ASSIGN_OR_RETURN(const std::string text,
                          ReadSidecarFile(options, path));
  // The flags are checked first, so that an error of the file is the file's.
  SKERRY_RETURN_IF_ERROR(ReadPreprocess("", options.preprocess_values));
  Result<media::Preprocess> steps =
      ReadPreprocess(text, options.preprocess_values);
  if (!steps) return BlameFile(steps.error(), path);
  return steps;
}

Result<std::vector<std::string>> ReadLabels(const std::string& path) {
  if (path.empty()) return std::vector<std::string>();
  SKERRY_ASSIGN_OR_RETURN(const std::string text,
                          platform::ReadTextFile(path, kTextBytesMax));
  std::vector<std::string> labels = ParseLabels(text);
  if (labels.empty()) return InvalidArgument("'" + path + "': no labels");
  return labels;
}

class Runner {
 public:
  explicit Runner(const Options& options) : options_(options) {}

  Result<void> Run() {
    auto model = runtime::Model::LoadFile(options_.model);
    if (!model) return BlameFile(model.error(), options_.model);
    const Manifest& manifest = (*model)->manifest();
    SKERRY_ASSIGN_OR_RETURN(const media::Preprocess steps, ReadSteps(options_));
    SKERRY_ASSIGN_OR_RETURN(const std::vector<std::string> labels,
                            ReadLabels(options_.labels));
    SKERRY_ASSIGN_OR_RETURN(
        const std::vector<Tensor> inputs,
        LoadInputs(manifest.inputs, options_.inputs, steps));
    SKERRY_ASSIGN_OR_RETURN(
        runtime::Session session,
        runtime::Session::Create(*model, {.thread_count = options_.threads}));
    threads_ = session.thread_count();
    SKERRY_RETURN_IF_ERROR(RunOnce(session, inputs));
    SKERRY_RETURN_IF_ERROR(Rank(labels));
    SKERRY_RETURN_IF_ERROR(WriteOutputs(manifest.outputs));
    if (options_.json) {
      PrintJson(Report());
    } else {
      std::fputs(Text().c_str(), stdout);
    }
    return {};
  }

 private:
  Result<void> RunOnce(runtime::Session& session,
                       const std::vector<Tensor>& inputs) {
    std::vector<std::span<const std::byte>> views;
    for (const Tensor& input : inputs) views.push_back(input.bytes());
    const auto start = std::chrono::steady_clock::now();
    SKERRY_RETURN_IF_ERROR(session.Run(views));
    const std::chrono::duration<double, std::milli> passed =
        std::chrono::steady_clock::now() - start;
    run_ms_ = passed.count();
    const std::vector<TensorSpec>& specs = session.model().manifest().outputs;
    for (std::size_t i = 0; i < specs.size(); ++i) {
      Tensor tensor(specs[i].type);
      std::ranges::copy(session.output(i), tensor.bytes().begin());
      outputs_.push_back({specs[i].name, std::move(tensor), ""});
    }
    return {};
  }

  Result<void> Rank(const std::vector<std::string>& labels) {
    std::size_t count = options_.top;
    if (count == 0 && !labels.empty()) count = kTopByDefault;
    if (count == 0) return {};
    if (outputs_.empty()) {
      return InvalidArgument("'" + options_.model +
                             "' has no output for --top to rank");
    }
    const Output& first = outputs_.front();
    SKERRY_ASSIGN_OR_RETURN(top_,
                            RankTop(first.name, first.tensor, count, labels));
    return {};
  }

  Result<void> WriteOutputs(const std::vector<TensorSpec>& specs) {
    if (options_.output_folder.empty()) return {};
    std::error_code error;
    fs::create_directories(options_.output_folder, error);
    if (error) {
      return FailedPrecondition("'" + options_.output_folder +
                                "': " + error.message());
    }
    const std::vector<std::string> names = FileNames(specs);
    for (std::size_t i = 0; i < outputs_.size(); ++i) {
      Output& output = outputs_[i];
      output.path =
          (fs::path(options_.output_folder) / (names[i] + ".npy")).string();
      SKERRY_RETURN_IF_ERROR(platform::WriteFile(
          output.path,
          media::WriteNpy(output.tensor.type(), output.tensor.bytes())));
    }
    return {};
  }

  Json Report() const {
    Json report = {{"model", options_.model},
                   {"threads", threads_},
                   {"run_ms", run_ms_},
                   {"outputs", Json::array()}};
    for (const Output& output : outputs_) {
      Json entry = ToJson(TensorSpec{output.name, output.tensor.type()});
      if (!output.path.empty()) entry["file"] = output.path;
      report["outputs"].push_back(std::move(entry));
    }
    if (top_.empty()) return report;
    Json& list = report["outputs"][0]["top"] = Json::array();
    for (const Ranked& ranked : top_) {
      Json entry = {{"index", ranked.index}, {"score", ranked.score}};
      if (!options_.labels.empty()) entry["label"] = ranked.label;
      list.push_back(std::move(entry));
    }
    return report;
  }

  std::string Text() const {
    std::vector<std::vector<std::string>> rows;
    for (const Ranked& ranked : top_) {
      rows.push_back({FormatNumber(ranked.score), std::to_string(ranked.index),
                      ranked.label});
    }
    std::string text = FormatTable(rows, {0, 1});
    for (const Output& output : outputs_) {
      if (!output.path.empty()) {
        text += "wrote " + output.path + "  " +
                output.tensor.type().ToString() + "\n";
      } else if (top_.empty()) {
        text += Range(output) + "\n";
      }
    }
    return text;
  }

  /// What there is to say of an output that is neither ranked nor written.
  static std::string Range(const Output& output) {
    const std::vector<double> values = ToDoubles(output.tensor);
    std::string text = output.name + "  " + output.tensor.type().ToString();
    if (values.empty()) return text;
    const auto [least, most] = std::ranges::minmax(values);
    return text + "  min " + FormatNumber(least) + "  max " +
           FormatNumber(most);
  }

  const Options& options_;
  std::vector<Output> outputs_;
  std::vector<Ranked> top_;
  double run_ms_ = 0;
  int threads_ = 1;
};

void AddPreprocessFlags(CLI::App& command,
                        const std::shared_ptr<Options>& options) {
  const std::string group = "Photos";
  command
      .add_option("--preprocess", options->preprocess,
                  "a YAML file of the settings below, with '_' for '-'; by "
                  "default MODEL.yaml beside the model, if it is there")
      ->type_name("FILE")
      ->group(group);
  for (const PreprocessKey& key : PreprocessKeys()) {
    std::string flag = "--" + std::string(key.name);
    std::ranges::replace(flag, '_', '-');
    command
        .add_option_function<std::string>(
            flag,
            [raw = options.get(), name = key.name](const std::string& v) {
              raw->preprocess_values.emplace(name, v);
            },
            std::string(key.help))
        ->type_name(std::string(key.values))
        ->group(group);
  }
}

}  // namespace

void AddRunCommand(CLI::App& app, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("run", "Run a compiled model on arrays or photos");
  command->add_option("MODEL", options->model, "a compiled model")->required();
  command
      ->add_option("--input", options->inputs,
                   "NAME=FILE, or FILE if there is one input: a .npy, .npz, "
                   ".jpg or .png; a .npz without a name holds all inputs")
      ->type_name("[NAME=]FILE")
      ->allow_extra_args(false);
  command
      ->add_option("--output-dir", options->output_folder,
                   "write each output there, as NAME.npy; characters that do "
                   "not suit file names become _")
      ->type_name("FOLDER");
  command
      ->add_option("--top", options->top,
                   "print the largest scores of the first output")
      ->type_name("COUNT")
      ->check(CLI::Range(std::size_t{1}, kTopMax).description(""));
  command
      ->add_option("--labels", options->labels,
                   "a file that names the scores, one a line")
      ->type_name("FILE");
  command->add_flag("--json", options->json, "print JSON");
  command
      ->add_option("--threads", options->threads,
                   "how many threads compute; by default one for each CPU")
      ->type_name("COUNT")
      ->check(CLI::Range(1, runtime::kThreadCountMax).description(""));
  AddPreprocessFlags(*command, options);
  AddExamples(*command,
              "  skerry run net.so --input x=input.npy --output-dir out\n"
              "  skerry run mobilenet.so --input parrot.jpg --resize-short 256 "
              "\\\n      --mean 127.5 --std 127.5 --top 3 --labels labels.txt\n"
              "  skerry run yolox.so --input street.jpg --resize letterbox "
              "\\\n      --anchor top-left --pad-value 114 --color bgr "
              "--output-dir out\n");
  command->callback([&action, options] {
    action = [options] { return Runner(*options).Run(); };
  });
}

}  // namespace skerry::cli
