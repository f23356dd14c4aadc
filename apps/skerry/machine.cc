#include "machine.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <thread>

#include "format.h"
#include "skerry/compiler/toolchain/target.h"
#include "skerry/platform/cpu.h"
#include "skerry/platform/file.h"
#include "skerry/platform/subprocess.h"
#include "torch_importer.h"

namespace skerry::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kTimeout{20};
/// Sources, objects and weights of the largest models of today.
constexpr std::uintmax_t kFreeBytesWanted = std::uintmax_t{1} << 30;
constexpr std::size_t kSettingBytesMax = 4096;

std::string EnvironmentOr(const char* name, const char* fallback) {
  const char* value = std::getenv(name);
  return value == nullptr || *value == '\0' ? fallback : value;
}

/// The first line that a program prints; empty if it cannot be run.
std::string FirstLine(const std::vector<std::string>& arguments) {
  const auto ran =
      platform::RunCommand({.arguments = arguments, .timeout = kTimeout});
  if (!ran || ran->exit_code != 0) return "";
  return ran->out.substr(0, ran->out.find('\n'));
}

Check CheckTool(const std::string& name, const std::string& program,
                const std::string& package) {
  const std::string line = FirstLine({program, "--version"});
  return {.name = name,
          .present = !line.empty(),
          .required = true,
          .found = line.empty() ? program + " is not installed" : line,
          .mend = "apt-get install " + package};
}

Check CheckTempFolder() {
  std::error_code error;
  const std::string folder = EnvironmentOr("TMPDIR", "/tmp");
  const fs::space_info space = fs::space(folder, error);
  Check check{.name = "temporary files",
              .required = true,
              .found = folder,
              .mend = "free 1 GiB there, or set TMPDIR to another folder"};
  if (error) {
    check.found += ": " + error.message();
    return check;
  }
  check.present = space.available >= kFreeBytesWanted;
  check.found += ", " + FormatBytes(space.available) + " free";
  return check;
}

Check CheckCpu() {
  const platform::CacheSizes caches = platform::CpuCacheSizes();
  std::string found = platform::CpuModelName();
  if (found.empty()) found = platform::CpuArchitecture();
  found += ", " + std::to_string(platform::AvailableCpuCount()) + " of " +
           std::to_string(std::thread::hardware_concurrency()) +
           " CPUs for us, caches " + FormatBytes(caches.l1_data_bytes) + ", " +
           FormatBytes(caches.l2_bytes) + ", " + FormatBytes(caches.l3_bytes);
  return {.name = "CPU", .present = true, .found = found, .mend = ""};
}

Check CheckAmx() {
  Check check{.name = "AMX", .found = "this CPU has none", .mend = ""};
  if (!platform::HasCpuFeature("amx_tile")) return check;
  const Result<void> right = platform::RequestCpuFeature("amx_tile");
  check.present = right.has_value();
  check.found = right ? "permission granted" : right.error().message();
  check.mend =
      "use Linux 5.16 or newer, and a container that allows "
      "arch_prctl";
  return check;
}

Check CheckHugePages() {
  const std::string path = "/sys/kernel/mm/transparent_hugepage/enabled";
  Check check{.name = "huge pages", .mend = "echo madvise > " + path};
  const Result<std::string> setting =
      platform::ReadTextFile(path, kSettingBytesMax);
  if (!setting) {
    check.found = "the kernel has none";
    check.mend = "";
    return check;
  }
  const std::size_t begin = setting->find('[') + 1;
  const std::string chosen = setting->substr(begin, setting->find(']') - begin);
  check.present = chosen != "never";
  check.found = chosen;
  return check;
}

Check CheckEmulator() {
  const bool here_x86 = platform::CpuArchitecture() == "x86_64";
  const std::string base = here_x86 ? "qemu-aarch64" : "qemu-x86_64";
  Check check{.name = "emulator",
              .found = "no " + base +
                       ": models for the other architecture "
                       "are not self-checked",
              .mend = "apt-get install qemu-user-static"};
  for (const std::string& program : {base + "-static", base}) {
    const std::string line = FirstLine({program, "--version"});
    if (line.empty()) continue;
    check.present = true;
    check.found = line;
    break;
  }
  return check;
}

Check CheckTorch() {
  const std::string python = TorchPython();
  Check check{.name = "PyTorch import", .mend = ""};
  const Result<std::string> script = FindTorchImporter();
  if (!script) {
    check.found = script.error().message();
    std::ranges::replace(check.found, '\n', ';');
    check.mend = "set SKERRY_IMPORTERS";
    return check;
  }
  // Finding is much faster than importing.
  const std::string found = FirstLine(
      {python, "-c",
       "import importlib.util as u; print(bool(u.find_spec('torch')))"});
  check.present = found == "True";
  check.found = python + (check.present ? " has PyTorch" : " has no PyTorch");
  check.mend = "apt-get install python3-torch, or set SKERRY_PYTHON";
  return check;
}

}  // namespace

std::vector<Check> CheckMachine() {
  return {
      CheckTool("compiler", EnvironmentOr("SKERRY_CLANG", "clang++-19"),
                "clang-19"),
      CheckTool("linker", EnvironmentOr("SKERRY_LLD", "ld.lld-19"), "lld-19"),
      CheckTempFolder(),
      CheckCpu(),
      CheckAmx(),
      CheckHugePages(),
      CheckEmulator(),
      CheckTorch()};
}

std::vector<TargetCheck> CheckTargets() {
  std::vector<TargetCheck> checks;
  for (const char* name :
       {"x86-64-v2", "x86-64-v3", "x86-64-v4", "x86-64-amx", "aarch64"}) {
    const Result<compiler::Target> target = compiler::FindTarget(name);
    if (!target || target->architecture != platform::CpuArchitecture()) {
      continue;
    }
    checks.push_back({name, std::ranges::all_of(target->cpu_features,
                                                platform::HasCpuFeature)});
  }
  return checks;
}

}  // namespace skerry::cli
