#include "skerry/cloud/jobs/model_files.h"

#include <algorithm>
#include <array>

namespace skerry::cloud {
namespace {

struct Framework {
  std::string_view name;
  std::string_view way_out;  ///< empty: it is compiled
};

constexpr std::array kFrameworks = std::to_array<Framework>({
    {"PYTORCH", ""},
    {"ONNX", ""},
    {"TENSORFLOW", "convert the model to ONNX by tf2onnx"},
    {"KERAS", "convert the model to ONNX by tf2onnx"},
    {"TFLITE", "convert the model to ONNX by tf2onnx --tflite"},
    {"MXNET", "export the model to ONNX by mxnet.onnx.export_model"},
    {"XGBOOST", "convert the model to ONNX by onnxmltools"},
    {"DARKNET", "convert the model to ONNX, or use its PyTorch form"},
    {"SKLEARN", "convert the model to ONNX by skl2onnx"},
});

// macOS puts files of its own into archives.
bool IsJunk(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  return name.starts_with("._") || path.starts_with("__MACOSX/");
}

bool HasSuffix(std::string_view path, std::string_view framework) {
  if (framework == "ONNX") return path.ends_with(".onnx");
  return path.ends_with(".pth") || path.ends_with(".pt");
}

}  // namespace

Result<void> CheckFramework(std::string_view framework) {
  const auto* const found =
      std::ranges::find(kFrameworks, framework, &Framework::name);
  if (found == kFrameworks.end()) {
    return InvalidArgument("Framework '" + std::string(framework) +
                           "' is unknown");
  }
  if (found->way_out.empty()) return {};
  return Unimplemented("Framework " + std::string(framework) +
                       " is not compiled here, PYTORCH (TorchScript) and ONNX "
                       "are; " +
                       std::string(found->way_out) + " and use Framework ONNX");
}

Result<std::string> FindModelFile(std::string_view framework,
                                  const std::vector<ArchivedFile>& files) {
  SKERRY_RETURN_IF_ERROR(CheckFramework(framework));
  std::vector<std::string> found;
  for (const ArchivedFile& file : files) {
    if (!IsJunk(file.path) && HasSuffix(file.path, framework)) {
      found.push_back(file.path);
    }
  }
  if (found.size() == 1) return found[0];
  const bool is_onnx = framework == "ONNX";
  if (found.empty()) {
    return InvalidArgument(
        (is_onnx ? "No onnx file found for ONNX model."
                 : "No pth file found for PyTorch model.") +
        std::string(" Please make sure the framework you select is correct."));
  }
  std::string names;
  for (const std::string& path : found) {
    names += (names.empty() ? "'" : ", '") + path + "'";
  }
  return InvalidArgument(
      "Exactly one " + std::string(is_onnx ? ".onnx" : ".pth or .pt") +
      " file is allowed for " + (is_onnx ? "ONNX" : "PyTorch") +
      " models, found " + names + ".");
}

}  // namespace skerry::cloud
