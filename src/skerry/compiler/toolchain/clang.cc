#include "skerry/compiler/toolchain/clang.h"

#include <chrono>
#include <cstdlib>
#include <sstream>

#include "skerry/platform/subprocess.h"

namespace skerry::compiler {
namespace {

// A model with hundreds of kernels takes tens of seconds; ten minutes means
// that clang hangs.
constexpr std::chrono::minutes kTimeout{10};

std::string ProgramName(const char* variable, const char* fallback) {
  const char* name = std::getenv(variable);
  return name != nullptr && *name != '\0' ? name : fallback;
}

std::string ClangName() { return ProgramName("SKERRY_CLANG", "clang++-19"); }
std::string LldName() { return ProgramName("SKERRY_LLD", "ld.lld-19"); }

// Runs a tool and gives what it printed, both streams together.
Result<std::string> RunTool(std::vector<std::string> arguments,
                            const std::string& folder,
                            std::string_view package) {
  const std::string program = arguments.front();
  auto ran = platform::RunCommand({.arguments = std::move(arguments),
                                   .folder = folder,
                                   .timeout = kTimeout});
  if (!ran) {
    if (ran.error().code() != ErrorCode::kNotFound) return ran.error();
    return FailedPrecondition(program + " is not installed: apt-get install " +
                              std::string(package));
  }
  if (ran->exit_code != 0) {
    return Internal(program + " ended with " + std::to_string(ran->exit_code) +
                    ":\n" + ran->err);
  }
  return ran->out + ran->err;
}

std::vector<std::string> CompileFlags(const Target& target) {
  std::vector<std::string> flags = {"--target=" + target.triple};
  flags.insert(flags.end(), target.flags.begin(), target.flags.end());
  return flags;
}

Result<void> Link(const std::string& folder,
                  const std::vector<std::string>& objects,
                  std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), LldName());
  arguments.insert(arguments.end(),
                   {"--gc-sections", "--build-id=none", "-z", "noexecstack"});
  arguments.insert(arguments.end(), objects.begin(), objects.end());
  auto linked = RunTool(std::move(arguments), folder, "lld-19");
  if (!linked) return linked.error();
  return {};
}

}  // namespace

Result<std::set<std::string>> PredefinedMacros(const Target& target) {
  std::vector<std::string> arguments = {ClangName()};
  const std::vector<std::string> flags = CompileFlags(target);
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  arguments.insert(arguments.end(), {"-dM", "-E", "-x", "c", "/dev/null"});
  SKERRY_ASSIGN_OR_RETURN(const std::string text,
                          RunTool(std::move(arguments), ".", "clang-19"));
  std::set<std::string> macros;
  std::istringstream lines(text);
  std::string define;
  std::string macro;
  std::string rest;
  while (lines >> define >> macro && std::getline(lines, rest)) {
    macros.insert(macro);
  }
  return macros;
}

Result<std::vector<std::string>> SupportedCpus(std::string_view triple) {
  SKERRY_ASSIGN_OR_RETURN(
      const std::string text,
      RunTool({ClangName(), "--target=" + std::string(triple),
               "--print-supported-cpus"},
              ".", "clang-19"));
  std::vector<std::string> names;
  std::istringstream lines(text);
  std::string line;
  // Names are on lines of their own that start with a tab.
  while (std::getline(lines, line)) {
    if (line.size() > 1 && line.front() == '\t') {
      names.push_back(line.substr(1, line.find_first_of(" \r", 1) - 1));
    }
  }
  return names;
}

Result<void> CompileUnit(const Target& target, const std::string& folder,
                         const std::string& source, const std::string& output,
                         UnitOutput kind) {
  std::vector<std::string> arguments = {ClangName()};
  const std::vector<std::string> flags = CompileFlags(target);
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  if (!source.ends_with(".S")) {
    arguments.insert(
        arguments.end(),
        {"-std=c++20", "-O3", "-ffreestanding", "-fno-exceptions", "-fno-rtti",
         "-fvisibility=hidden", "-fno-stack-protector", "-fno-math-errno",
         "-fno-strict-aliasing", "-ffunction-sections",
         "-fno-asynchronous-unwind-tables", "-fno-ident", "-I", ".", "-w"});
  }
  arguments.insert(arguments.end(),
                   {"-fPIC", kind == UnitOutput::kObject ? "-c" : "-S", source,
                    "-o", output});
  auto ran = RunTool(std::move(arguments), folder, "clang-19");
  if (!ran) return ran.error();
  return {};
}

Result<void> LinkModel(const std::string& folder,
                       const std::vector<std::string>& objects,
                       const std::string& output) {
  return Link(folder, objects,
              {"-shared", "-z", "now", "-z", "relro", "--no-undefined",
               "--hash-style=gnu", "-o", output});
}

Result<void> LinkProgram(const std::string& folder,
                         const std::vector<std::string>& objects,
                         const std::string& output) {
  return Link(folder, objects, {"-static", "-o", output});
}

}  // namespace skerry::compiler
