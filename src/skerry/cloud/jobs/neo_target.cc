#include "skerry/cloud/jobs/neo_target.h"

#include <algorithm>
#include <array>

namespace skerry::cloud {
namespace {

constexpr std::string_view kNvidia =
    "models for NVIDIA GPUs are not made; TargetPlatform {\"Os\": \"LINUX\", "
    "\"Arch\": \"ARM64\"} or \"X86_64\" without Accelerator compiles for the "
    "machine's CPU";
constexpr std::string_view kNeuron =
    "models for Inferentia and Trainium are not made; ml_c5, or "
    "TargetPlatform {\"Os\": \"LINUX\", \"Arch\": \"X86_64\"}, compiles for "
    "the CPU";
constexpr std::string_view kAmbarella =
    "models for Ambarella's CVflow are not made; TargetPlatform {\"Os\": "
    "\"LINUX\", \"Arch\": \"ARM64\"} compiles for the CPU";
constexpr std::string_view kArm32 =
    "its CPU is a 32-bit Arm, and models are made for 64-bit machines only "
    "(X86_64, ARM64)";
constexpr std::string_view kAndroid =
    "models for Android are not made; TargetPlatform {\"Os\": \"LINUX\", "
    "\"Arch\": \"ARM64\"} compiles for Linux on the same CPU";
constexpr std::string_view kWindows =
    "models for Windows are not made; TargetPlatform {\"Os\": \"LINUX\", "
    "\"Arch\": \"X86_64\"} compiles for Linux";
constexpr std::string_view kCpuOnly =
    "compiled for the device's CPU; its GPU or NPU is not used";
constexpr std::string_view k64BitSystem =
    "the model needs a 64-bit system on the device";

// Every value of TargetDevice. A device with big and little cores gets code
// that both run.
constexpr std::array kDevices = std::to_array<NeoDevice>({
    {"lambda", "x86-64-v3", ""},
    {"ml_m4", "x86-64-v3", ""},
    {"ml_m5", "x86-64-v4", ""},
    {"ml_m6g", "neoverse-n1", ""},
    {"ml_c4", "x86-64-v3", ""},
    {"ml_c5", "x86-64-v4", ""},
    {"ml_c6g", "neoverse-n1", ""},
    {"ml_p2", "", kNvidia},
    {"ml_p3", "", kNvidia},
    {"ml_g4dn", "", kNvidia},
    {"ml_inf1", "", kNeuron},
    {"ml_inf2", "", kNeuron},
    {"ml_trn1", "", kNeuron},
    {"ml_eia2", "",
     "Elastic Inference is gone; ml_c5 compiles for the machine's CPU"},
    {"jetson_tx1", "", kNvidia},
    {"jetson_tx2", "", kNvidia},
    {"jetson_nano", "", kNvidia},
    {"jetson_xavier", "", kNvidia},
    {"rasp3b", "cortex-a53", k64BitSystem},
    {"rasp4b", "cortex-a72", k64BitSystem},
    {"imx8qm", "cortex-a53", kCpuOnly},
    {"deeplens", "x86-64-v2", kCpuOnly},
    {"rk3399", "cortex-a53", kCpuOnly},
    {"rk3288", "", kArm32},
    {"aisage", "cortex-a53", kCpuOnly},
    {"sbe_c", "x86-64-v3", ""},
    {"qcs605", "", kAndroid},
    {"qcs603", "", kAndroid},
    {"sitara_am57x", "", kArm32},
    {"amba_cv2", "", kAmbarella},
    {"amba_cv22", "", kAmbarella},
    {"amba_cv25", "", kAmbarella},
    {"x86_win32", "", kWindows},
    {"x86_win64", "", kWindows},
    {"coreml", "",
     "Core ML models are not made; TargetPlatform {\"Os\": \"LINUX\", "
     "\"Arch\": \"ARM64\"} compiles for Linux"},
    {"jacinto_tda4vm", "cortex-a72", kCpuOnly},
    {"imx8mplus", "cortex-a53", kCpuOnly},
});

struct Platform {
  std::string_view arch;
  std::string_view compiler_target;
  std::string_view refusal;
};

constexpr std::array kLinux = std::to_array<Platform>({
    {"X86_64", "x86-64-v3", ""},
    {"ARM64", "aarch64", ""},
    {"X86", "",
     "models are made for 64-bit machines only: Arch X86_64 or ARM64"},
    {"ARM_EABI", "", kArm32},
    {"ARM_EABIHF", "", kArm32},
});

struct Accelerator {
  std::string_view name;
  std::string_view refusal;
};

constexpr std::string_view kNoGpu =
    "models for this accelerator are not made; leave Accelerator out to "
    "compile for the CPU (LINUX on X86_64 or ARM64)";

constexpr std::array kAccelerators = std::to_array<Accelerator>({
    {"INTEL_GRAPHICS", kNoGpu},
    {"MALI", kNoGpu},
    {"NVIDIA", kNvidia},
    {"NNA", kNoGpu},
});

std::string ArchitectureOf(std::string_view compiler_target) {
  return compiler_target.starts_with("x86") ? "x86_64" : "aarch64";
}

Error Refusal(const std::string& what, std::string_view words) {
  return Unimplemented(what + ": " + std::string(words));
}

Result<NeoTarget> FindDevice(const std::string& name) {
  const auto* const found =
      std::ranges::find(kDevices, std::string_view(name), &NeoDevice::name);
  if (found == kDevices.end()) {
    return InvalidArgument("TargetDevice '" + name + "' is unknown");
  }
  if (found->compiler_target.empty()) {
    return Refusal("TargetDevice " + name, found->note);
  }
  return NeoTarget{std::string(found->compiler_target),
                   ArchitectureOf(found->compiler_target), name,
                   std::string(found->note)};
}

Result<NeoTarget> FindPlatform(const NeoTargetRequest& request) {
  const std::string label =
      request.os + "_" + request.arch +
      (request.accelerator.empty() ? "" : "_" + request.accelerator);
  const std::string what = "TargetPlatform " + label;
  if (request.os != "LINUX" && request.os != "ANDROID") {
    return InvalidArgument("TargetPlatform: Os '" + request.os +
                           "' is unknown");
  }
  const auto* const found = std::ranges::find(
      kLinux, std::string_view(request.arch), &Platform::arch);
  if (found == kLinux.end()) {
    return InvalidArgument("TargetPlatform: Arch '" + request.arch +
                           "' is unknown");
  }
  if (!request.accelerator.empty()) {
    const auto* const accelerator =
        std::ranges::find(kAccelerators, std::string_view(request.accelerator),
                          &Accelerator::name);
    if (accelerator == kAccelerators.end()) {
      return InvalidArgument("TargetPlatform: Accelerator '" +
                             request.accelerator + "' is unknown");
    }
    return Refusal(what, accelerator->refusal);
  }
  if (request.os == "ANDROID") return Refusal(what, kAndroid);
  if (found->compiler_target.empty()) return Refusal(what, found->refusal);
  return NeoTarget{std::string(found->compiler_target),
                   ArchitectureOf(found->compiler_target), label, ""};
}

}  // namespace

std::span<const NeoDevice> NeoDevices() { return kDevices; }

Result<NeoTarget> FindNeoTarget(const NeoTargetRequest& request) {
  if (!request.device.empty()) return FindDevice(request.device);
  if (request.os.empty()) {
    return InvalidArgument(
        "OutputConfig has neither TargetDevice nor TargetPlatform");
  }
  return FindPlatform(request);
}

}  // namespace skerry::cloud
