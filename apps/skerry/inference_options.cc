#include "inference_options.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "command.h"
#include "ranking.h"
#include "skerry/platform/file.h"

namespace skerry::cli {
namespace {

constexpr std::size_t kTextBytesMax = 16 << 20;
constexpr std::size_t kTopMax = 1'000'000;

void AddPhotoFlags(CLI::App& command,
                   const std::shared_ptr<InferenceOptions>& options,
                   const std::string& sidecar_by_default) {
  const std::string group = "Photos";
  command
      .add_option("--preprocess", options->preprocess,
                  "a YAML file of the settings below, with '_' for '-'" +
                      sidecar_by_default)
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

void AddInferenceFlags(CLI::App& command,
                       const std::shared_ptr<InferenceOptions>& options,
                       const std::string& sidecar_by_default) {
  command
      .add_option("--input", options->inputs,
                  "NAME=FILE, or FILE if there is one input: a .npy, .npz, "
                  ".jpg or .png; a .npz without a name holds all inputs")
      ->type_name("[NAME=]FILE")
      ->allow_extra_args(false);
  command
      .add_option("--output-dir", options->output_folder,
                  "write each output there, as NAME.npy; characters that do "
                  "not suit file names become _")
      ->type_name("FOLDER");
  command
      .add_option("--top", options->top,
                  "print the largest scores of the first output")
      ->type_name("COUNT")
      ->check(CLI::Range(std::size_t{1}, kTopMax).description(""));
  command
      .add_option("--labels", options->labels,
                  "a file that names the scores, one a line")
      ->type_name("FILE");
  command.add_flag("--json", options->json, "print JSON");
  AddPhotoFlags(command, options, sidecar_by_default);
}

Result<media::Preprocess> ReadSteps(const InferenceOptions& options,
                                    const std::string& path) {
  std::string text;
  if (!path.empty()) {
    SKERRY_ASSIGN_OR_RETURN(text, platform::ReadTextFile(path, kTextBytesMax));
  }
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

}  // namespace skerry::cli
