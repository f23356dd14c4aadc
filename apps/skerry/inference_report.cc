#include "inference_report.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include "format.h"
#include "skerry/media/npy.h"
#include "skerry/platform/file.h"

namespace skerry::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kTopByDefault = 5;

}  // namespace

Result<InferenceReport> InferenceReport::Create(
    const InferenceOptions& options, const std::vector<TensorSpec>& specs,
    std::vector<Tensor> outputs, const std::vector<std::string>& labels) {
  InferenceReport report(options);
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    report.outputs_.push_back({specs[i].name, std::move(outputs[i]), ""});
  }
  SKERRY_RETURN_IF_ERROR(report.Rank(labels));
  SKERRY_RETURN_IF_ERROR(report.Write(specs));
  return report;
}

Result<void> InferenceReport::Rank(const std::vector<std::string>& labels) {
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

Result<void> InferenceReport::Write(const std::vector<TensorSpec>& specs) {
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

void InferenceReport::Print(Json facts) const {
  if (options_.json) {
    PrintJson(ToJson(std::move(facts)));
  } else {
    std::fputs(Text().c_str(), stdout);
  }
}

Json InferenceReport::ToJson(Json report) const {
  report["outputs"] = Json::array();
  for (const Output& output : outputs_) {
    Json entry = cli::ToJson(TensorSpec{output.name, output.tensor.type()});
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

std::string InferenceReport::Text() const {
  std::vector<std::vector<std::string>> rows;
  for (const Ranked& ranked : top_) {
    rows.push_back({FormatNumber(ranked.score), std::to_string(ranked.index),
                    ranked.label});
  }
  std::string text = FormatTable(rows, {0, 1});
  for (const Output& output : outputs_) {
    if (!output.path.empty()) {
      text += "wrote " + output.path + "  " + output.tensor.type().ToString() +
              "\n";
    } else if (top_.empty()) {
      text += Range(output) + "\n";
    }
  }
  return text;
}

/// What there is to say of an output that is neither ranked nor written.
std::string InferenceReport::Range(const Output& output) {
  const std::vector<double> values = ToDoubles(output.tensor);
  std::string text = output.name + "  " + output.tensor.type().ToString();
  if (values.empty()) return text;
  const auto [least, most] = std::ranges::minmax(values);
  return text + "  min " + FormatNumber(least) + "  max " + FormatNumber(most);
}

}  // namespace skerry::cli
