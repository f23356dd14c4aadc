#include "torch_importer.h"

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "skerry/platform/subprocess.h"

namespace skerry::cli {
namespace {

constexpr const char* kScript = "torch_to_onnx.py";
constexpr std::chrono::minutes kTimeout{10};
/// From build/release/bin up to the source tree, and some to spare.
constexpr int kParentsMax = 5;

// Exit codes of the script.
constexpr int kScriptRefused = 2;
constexpr int kScriptLacksTorch = 3;

/// What the script said, without its own name before it.
std::string Words(const platform::CommandResult& ran) {
  const std::string words = ran.err.empty() ? ran.out : ran.err;
  for (const std::string prefix :
       {"torch_to_onnx.py: error: ", "torch_to_onnx: "}) {
    const std::size_t at = words.rfind(prefix);
    if (at != std::string::npos) return words.substr(at + prefix.size());
  }
  return words;
}

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

bool IsTorchModel(std::string_view path) {
  return path.ends_with(".pt") || path.ends_with(".pth");
}

std::string TorchPython() {
  const std::string chosen = Environment("SKERRY_PYTHON");
  return chosen.empty() ? "/usr/bin/python3" : chosen;
}

Result<std::string> FindTorchImporter() {
  namespace fs = std::filesystem;
  std::error_code error;
  std::vector<fs::path> folders;
  if (const std::string chosen = Environment("SKERRY_IMPORTERS");
      !chosen.empty()) {
    folders.emplace_back(chosen);
  } else {
    fs::path folder = fs::read_symlink("/proc/self/exe", error).parent_path();
    folders.push_back(folder.parent_path() / "share/skerry/importers");
    for (int i = 0; i < kParentsMax; ++i, folder = folder.parent_path()) {
      folders.push_back(folder / "importers");
    }
  }
  for (const fs::path& folder : folders) {
    if (fs::is_regular_file(folder / kScript, error)) {
      return (folder / kScript).string();
    }
  }
  return FailedPrecondition(
      std::string(kScript) + " is not in " + folders[0].string() +
      "\nset SKERRY_IMPORTERS to the folder that holds it");
}

Result<void> ImportTorch(const TorchImport& import) {
  SKERRY_ASSIGN_OR_RETURN(const std::string script, FindTorchImporter());
  std::vector<std::string> arguments = {TorchPython(), script, import.model,
                                        import.onnx};
  for (const std::string& input : import.inputs) {
    arguments.insert(arguments.end(), {"--input", input});
  }
  if (!import.arch.empty()) {
    arguments.insert(arguments.end(), {"--arch", import.arch});
  }
  const Result<platform::CommandResult> ran = platform::RunCommand(
      {.arguments = std::move(arguments), .timeout = kTimeout});
  if (!ran) return FailedPrecondition(ran.error().message());
  switch (ran->exit_code) {
    case 0:
      return {};
    case kScriptRefused:
      return InvalidArgument(Words(*ran));
    case kScriptLacksTorch:
      return FailedPrecondition(
          TorchPython() +
          " has no PyTorch\napt-get install python3-torch, or set "
          "SKERRY_PYTHON to a Python that has it");
    default:
      return Internal(Words(*ran));
  }
}

}  // namespace skerry::cli
