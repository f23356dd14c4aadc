#include "skerry/cloud/jobs/compiler_options.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "skerry/cloud/jobs/literal.h"

namespace skerry::cloud {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kCpuBytesMax = 64;
constexpr std::string_view kSupported =
    R"(supported are "mcpu", "mattr" (["+neon"]), "dtype" (float32 or int64: )"
    R"(the inputs of a PyTorch model), "self_check" and "data_digest")";

struct Refused {
  std::string_view key;
  std::string_view words;
};

constexpr std::string_view kForNvidia =
    "it is for NVIDIA GPUs, for which models are not made";
constexpr std::string_view kForTensorFlow =
    "it is for TensorFlow models, which are not compiled; convert the model to "
    "ONNX (tf2onnx) and use Framework ONNX";
constexpr std::string_view kQuantise =
    "the compiler does not quantise; a model that is quantised already (ONNX "
    "with QuantizeLinear, QLinear... or QDQ operators) is compiled as it is";

constexpr std::array kRefused = std::to_array<Refused>({
    {"gpu-code", kForNvidia},
    {"gpu_code", kForNvidia},
    {"trt-ver", kForNvidia},
    {"cuda-ver", kForNvidia},
    {"JETPACK_VERSION", kForNvidia},
    {"ANDROID_PLATFORM", "models for Android are not made"},
    {"class_labels", "it is for Core ML, for which models are not made"},
    {"signature_def_key", kForTensorFlow},
    {"output_names", kForTensorFlow},
    {"quantize", kQuantise},
    {"quantization", kQuantise},
    {"precision_mode", kQuantise},
});

std::string Printed(const Json& json) {
  constexpr std::size_t kShownMax = 80;
  std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (text.size() > kShownMax) text = text.substr(0, kShownMax) + "...";
  return text;
}

bool IsCpuCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_';
}

Result<void> SetCpu(const Json& value, NeoCompilerOptions& options) {
  const std::string cpu = value.is_string() ? value.get<std::string>() : "";
  if (cpu.empty() || cpu.size() > kCpuBytesMax || cpu.starts_with('-') ||
      !std::ranges::all_of(cpu, IsCpuCharacter)) {
    return InvalidArgument("'mcpu': got " + Printed(value) +
                           R"(, want a CPU's name, such as "cortex-a72")");
  }
  if (cpu == "native") {
    return InvalidArgument(
        "'mcpu': native would be the CPU of whichever worker compiles; name "
        "the CPU that the model is to run on");
  }
  options.cpu = cpu;
  return {};
}

// Every ARM64 has NEON; all else is a CPU's matter.
Result<void> CheckAttributes(const Json& value) {
  const bool is_neon =
      value.is_array() && std::ranges::all_of(value, [](const Json& item) {
        return item == "+neon";
      });
  if (is_neon) return {};
  return Unimplemented("'mattr': got " + Printed(value) +
                       R"(, only ["+neon"] is supported; name the CPU by )"
                       R"("mcpu" and its features are used)");
}

Result<void> SetType(const Json& value, NeoCompilerOptions& options) {
  if (value == "float32" || value == "float") return {};
  if (value == "int64" || value == "long") {
    options.input_type = "int64";
    return {};
  }
  if (value.is_string()) {
    return Unimplemented("'dtype': got " + Printed(value) +
                         ", supported are float32 and int64; " +
                         std::string(kQuantise));
  }
  return InvalidArgument("'dtype': got " + Printed(value) +
                         ", want \"float32\" or \"int64\"");
}

bool IsDigestCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') || std::string_view(":-_+/=.").contains(c);
}

Result<void> SetDataDigest(const Json& value, NeoCompilerOptions& options) {
  constexpr std::size_t kDigestBytesMax = 256;
  const std::string digest = value.is_string() ? value.get<std::string>() : "";
  if (digest.empty() || digest.size() > kDigestBytesMax ||
      !std::ranges::all_of(digest, IsDigestCharacter)) {
    return InvalidArgument("'data_digest': got " + Printed(value) +
                           R"(, want a digest such as "sha256:5f3c...")");
  }
  options.data_digest = digest;
  return {};
}

Result<void> SetOption(const std::string& key, const Json& value,
                       NeoCompilerOptions& options) {
  if (key == "mcpu") return SetCpu(value, options);
  if (key == "mattr") return CheckAttributes(value);
  if (key == "dtype") return SetType(value, options);
  if (key == "self_check") {
    if (!value.is_boolean()) {
      return InvalidArgument("'self_check': got " + Printed(value) +
                             ", want true or false");
    }
    options.self_check = value.get<bool>();
    return {};
  }
  if (key == "data_digest") return SetDataDigest(value, options);
  const auto* const refused =
      std::ranges::find(kRefused, std::string_view(key), &Refused::key);
  if (refused != kRefused.end()) {
    return Unimplemented("'" + key + "': " + std::string(refused->words));
  }
  return Unimplemented("'" + key + "' is not supported; " +
                       std::string(kSupported));
}

}  // namespace

Result<NeoCompilerOptions> ParseCompilerOptions(std::string_view text) {
  NeoCompilerOptions options;
  if (text.empty()) return options;
  auto literal = LiteralToJson(text);
  if (!literal) {
    return InvalidArgument(literal.error().message() + "; " +
                           std::string(kSupported));
  }
  const Json json = Json::parse(*literal, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) {
    return InvalidArgument(
        R"(want an object such as {"mcpu": "cortex-a72"}; )" +
        std::string(kSupported));
  }
  for (const auto& [key, value] : json.items()) {
    SKERRY_RETURN_IF_ERROR(SetOption(key, value, options));
  }
  return options;
}

}  // namespace skerry::cloud
