#include <unistd.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "command.h"
#include "format.h"
#include "reports.h"
#include "skerry/compiler/compile.h"
#include "skerry/platform/file.h"
#include "skerry/platform/temp_directory.h"
#include "torch_importer.h"

namespace skerry::cli {
namespace {

namespace fs = std::filesystem;

struct CompileFlags {
  std::string model;
  std::string output;
  std::string target = "native";
  std::vector<std::string> inputs;
  std::vector<std::pair<std::string, std::string>> emits;  // kind, folder
  std::string report;
  std::string arch;
  bool no_self_check = false;
  bool verbose = false;
};

Result<std::vector<std::int64_t>> ParseDims(const std::string& text) {
  std::vector<std::int64_t> dims;
  for (const std::string& part : Split(text, ',')) {
    std::int64_t dim = 0;
    const char* end = part.data() + part.size();
    const auto [at, error] = std::from_chars(part.data(), end, dim);
    if (error != std::errc() || at != end || dim < 0) {
      return InvalidArgument("'" + part + "' is no extent");
    }
    dims.push_back(dim);
  }
  SKERRY_RETURN_IF_ERROR(Shape::Create(dims));
  return dims;
}

using InputShapes =
    std::map<std::string, std::vector<std::int64_t>, std::less<>>;

Result<InputShapes> ParseShapes(const std::vector<std::string>& inputs) {
  InputShapes shapes;
  for (const std::string& text : inputs) {
    // Names may hold '='; shapes do not.
    const std::size_t equals = text.rfind('=');
    const std::string context = "--input " + text;
    if (equals == std::string::npos || equals == 0) {
      return InvalidArgument(context + ": want NAME=1,3,224,224");
    }
    Result<std::vector<std::int64_t>> dims = ParseDims(text.substr(equals + 1));
    if (!dims) return dims.error().WithContext(context);
    if (!shapes.emplace(text.substr(0, equals), *std::move(dims)).second) {
      return InvalidArgument(context + ": that input is given twice");
    }
  }
  return shapes;
}

/// kNotFound if the folder that `path` lies in does not exist.
Result<void> CheckFolderOf(const std::string& path) {
  const fs::path folder = fs::path(path).parent_path();
  std::error_code error;
  if (folder.empty() || fs::is_directory(folder, error)) return {};
  return NotFound("'" + path + "': there is no folder '" + folder.string() +
                  "'");
}

/// Runs the compiler and keeps what the report needs besides.
class Job {
 public:
  explicit Job(const CompileFlags& options) : options_(options) {}

  Result<void> Run() {
    const auto start = std::chrono::steady_clock::now();
    stem_ = fs::path(options_.model).stem().string();
    output_ = options_.output.empty() ? stem_ + ".so" : options_.output;
    // Compiling takes long; where the files go can be checked now.
    SKERRY_RETURN_IF_ERROR(CheckFolderOf(output_));
    SKERRY_RETURN_IF_ERROR(CheckFolderOf(options_.report));
    compile_options_.target = options_.target;
    compile_options_.self_check = !options_.no_self_check;
    if (options_.verbose || isatty(STDERR_FILENO) != 0) {
      compile_options_.progress = [](std::string_view line) {
        std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()),
                     line.data());
      };
    }
    SKERRY_RETURN_IF_ERROR(Compile());
    for (const auto& [kind, folder] : options_.emits) {
      SKERRY_RETURN_IF_ERROR(Emit(kind, folder));
    }
    SKERRY_RETURN_IF_ERROR(platform::WriteFile(output_, compiled_.file));
    seconds_ =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
            .count();
    if (!options_.report.empty()) {
      SKERRY_RETURN_IF_ERROR(
          platform::WriteTextFile(options_.report, JsonText(Report())));
    }
    std::printf("%s\n", Summary().c_str());
    return {};
  }

 private:
  Result<void> Compile() {
    if (!IsTorchModel(options_.model)) {
      SKERRY_ASSIGN_OR_RETURN(compile_options_.input_shapes,
                              ParseShapes(options_.inputs));
      return CompileOnnx(options_.model);
    }
    SKERRY_ASSIGN_OR_RETURN(const platform::TempDirectory folder,
                            platform::TempDirectory::Create("skerry-torch"));
    const std::string path = folder.Join(stem_ + ".onnx");
    if (compile_options_.progress) {
      compile_options_.progress("export from PyTorch");
    }
    const Result<void> imported = ImportTorch({.model = options_.model,
                                               .inputs = options_.inputs,
                                               .arch = options_.arch,
                                               .onnx = path});
    if (!imported) return LocateTorchError(imported.error());
    return CompileOnnx(path);
  }

  Result<void> CompileOnnx(const std::string& path) {
    SKERRY_ASSIGN_OR_RETURN(compiled_,
                            compiler::CompileFile(path, compile_options_));
    return {};
  }

  Error LocateTorchError(const Error& error) const {
    // A missing tool is not the file's fault, so it does not name the file.
    return error.code() == ErrorCode::kFailedPrecondition
               ? error
               : BlameFile(error, options_.model);
  }

  Result<void> Emit(const std::string& kind, const std::string& folder) const {
    std::error_code error;
    fs::create_directories(folder, error);
    if (error) {
      return FailedPrecondition("--emit: '" + folder + "': " + error.message());
    }
    const std::string base = (fs::path(folder) / stem_).string();
    if (kind == "ir") {
      return platform::WriteTextFile(base + ".ir", compiled_.ir);
    }
    if (kind == "cpp") {
      return platform::WriteTextFile(base + ".cc", compiled_.cc);
    }
    SKERRY_ASSIGN_OR_RETURN(const std::string text,
                            compiler::Assemble(compiled_, compile_options_));
    return platform::WriteTextFile(base + ".s", text);
  }

  Json Report() const {
    Json report = {{"model", options_.model},
                   {"output", output_},
                   {"bytes", compiled_.file.size()},
                   {"seconds", seconds_}};
    Json phases = Json::array();
    for (const compiler::PhaseTime& phase : compiled_.phases) {
      phases.push_back({{"name", phase.name}, {"seconds", phase.seconds}});
    }
    report["phases"] = std::move(phases);
    report["self_check"] = nullptr;
    if (compiled_.self_check) {
      report["self_check"] = {
          {"relative_error", compiled_.self_check->relative_error},
          {"output", compiled_.self_check->output}};
    }
    report.update(ToJson(compiled_.manifest));
    return report;
  }

  std::string Summary() const {
    std::string check = "not self-checked";
    if (compiled_.self_check) {
      check = "self-check error " +
              FormatNumber(compiled_.self_check->relative_error, 2);
    } else if (!options_.no_self_check) {
      check += " (" + compiled_.manifest.target + " does not run here)";
    }
    return output_ + ": " + FormatBytes(compiled_.file.size()) + ", arena " +
           FormatBytes(compiled_.manifest.arena_bytes) + ", " + check + ", " +
           FormatFixed(seconds_, 1) + " s";
  }

  const CompileFlags& options_;
  compiler::CompileOptions compile_options_;
  compiler::Compiled compiled_;
  std::string stem_;
  std::string output_;
  double seconds_ = 0;
};

}  // namespace

void AddCompileCommand(CLI::App& app, Action& action) {
  auto options = std::make_shared<CompileFlags>();
  CLI::App* command = app.add_subcommand(
      "compile", "Compile a model into one file that runs by itself");
  command->add_option("MODEL", options->model, "an .onnx, .pt or .pth file")
      ->required();
  command
      ->add_option("-o,--output", options->output,
                   "the compiled model; by default the model's name with .so, "
                   "in the current folder")
      ->type_name("FILE");
  command
      ->add_option("--target", options->target,
                   "native (the default), x86-64-v2, x86-64-v3, x86-64-v4, "
                   "x86-64-amx, aarch64, or a CPU that clang knows, such as "
                   "cortex-a72")
      ->type_name("TARGET");
  command
      ->add_option("--input", options->inputs,
                   "an input's shape, such as image=1,3,224,224; may be "
                   "repeated. PyTorch models need all inputs, in their order, "
                   "with :TYPE if it is not float32: ids=1,16:int64")
      ->type_name("NAME=DIM,DIM,...")
      ->allow_extra_args(false);
  command
      ->add_option("--emit", options->emits,
                   "write the optimised graph, the generated C++ or its "
                   "assembly into that folder; may be repeated")
      ->type_name("ir|cpp|asm FOLDER")
      ->allow_extra_args(false)
      ->check(CLI::IsMember({"ir", "cpp", "asm"})
                  .description("")
                  .application_index(0));
  command
      ->add_option("--arch", options->arch,
                   "the network of a PyTorch file that holds weights only, "
                   "such as 'torchvision.models:resnet18(num_classes=10)'")
      ->type_name("MODULE:CALLABLE");
  command
      ->add_option("--report", options->report,
                   "write what was done, and each layer, as JSON")
      ->type_name("FILE");
  command->add_flag("--no-self-check", options->no_self_check,
                    "do not compare with the reference kernels");
  command->add_flag("-v,--verbose", options->verbose,
                    "say what is being done even if nobody is watching");
  AddExamples(*command,
              "  skerry compile mobilenet.onnx\n"
              "  skerry compile detector.onnx -o detector.so "
              "--target cortex-a72 \\\n      --input image=1,3,416,416\n"
              "  skerry compile model.pt --input x=1,3,224,224 "
              "--emit cpp generated\n");
  command->callback([&action, options] {
    action = [options] { return Job(*options).Run(); };
  });
}

}  // namespace skerry::cli
