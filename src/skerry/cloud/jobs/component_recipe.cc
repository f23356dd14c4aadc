#include "skerry/cloud/jobs/component_recipe.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "skerry/aws/digest.h"

namespace skerry::cloud {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kComponentNameBytesMax = 128;
constexpr std::size_t kDescriptionBytesMax = 1024;

bool IsComponentNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

// Three numbers between dots.
bool IsVersion(std::string_view text) {
  int parts = 0;
  while (true) {
    const std::size_t dot = text.find('.');
    const std::string_view part = text.substr(0, dot);
    const bool is_number =
        !part.empty() && part.size() <= 6 &&
        std::ranges::all_of(part, [](char c) { return c >= '0' && c <= '9'; });
    if (!is_number || (part.size() > 1 && part[0] == '0')) return false;
    ++parts;
    if (dot == std::string_view::npos) return parts == 3;
    text = text.substr(dot + 1);
  }
}

std::string BytesOfHex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    unsigned value = 0;
    std::from_chars(hex.data() + i, hex.data() + i + 2, value, 16);
    bytes += static_cast<char>(value);
  }
  return bytes;
}

class Config {
 public:
  static Result<Config> Parse(const std::string& text) {
    Config config;
    if (text.empty()) return config;
    config.json_ = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (!config.json_.is_object()) {
      return InvalidArgument("PresetDeploymentConfig is no JSON object");
    }
    return config;
  }

  Result<std::string> Text(const char* key, const std::string& absent) const {
    if (!json_.contains(key)) return absent;
    if (!json_[key].is_string()) {
      return InvalidArgument(std::string("PresetDeploymentConfig: '") + key +
                             "' is no string");
    }
    return json_[key].get<std::string>();
  }

 private:
  Json json_ = Json::object();
};

Result<void> CheckPlatform(const Config& config,
                           const std::string& architecture) {
  SKERRY_ASSIGN_OR_RETURN(const std::string os,
                          config.Text("PlatformOS", "Linux"));
  if (os != "Linux") {
    return Unimplemented("PresetDeploymentConfig: 'PlatformOS' is '" + os +
                         "', models are made for Linux only");
  }
  const std::string own =
      architecture == "x86_64" ? "Linux x86_64" : "Linux ARMV8";
  SKERRY_ASSIGN_OR_RETURN(const std::string stated,
                          config.Text("PlatformArchitecture", own));
  if (stated != own) {
    return InvalidArgument(
        "PresetDeploymentConfig: 'PlatformArchitecture' is '" + stated +
        "', but the model is for '" + own + "'");
  }
  return {};
}

Json Recipe(const ComponentRequest& request, const ComponentRecipe& recipe,
            const std::string& description) {
  const std::string file =
      request.package_uri.substr(request.package_uri.rfind('/') + 1);
  Json artifact = {
      {"Uri", request.package_uri},
      {"Digest", aws::EncodeBase64(BytesOfHex(request.package_sha256))},
      {"Algorithm", "SHA-256"},
      {"Unarchive", "NONE"}};
  // Greengrass unpacks ZIP only.
  const std::string install =
      "mkdir -p \"{work:path}/model\" && tar -xzf \"{artifacts:path}/" + file +
      "\" -C \"{work:path}/model\"";
  Json manifest;
  manifest["Platform"] = {
      {"os", "linux"},
      {"architecture", request.architecture == "x86_64" ? "amd64" : "aarch64"}};
  manifest["Lifecycle"] = {{"Install", install}};
  manifest["Artifacts"] = Json::array({std::move(artifact)});
  Json json;
  json["RecipeFormatVersion"] = "2020-01-25";
  json["ComponentName"] = recipe.name;
  json["ComponentVersion"] = recipe.version;
  json["ComponentDescription"] = description;
  json["ComponentPublisher"] = "Skerry";
  json["Manifests"] = Json::array({std::move(manifest)});
  return json;
}

}  // namespace

Result<ComponentRecipe> MakeComponentRecipe(const ComponentRequest& request) {
  SKERRY_ASSIGN_OR_RETURN(const Config config, Config::Parse(request.config));
  ComponentRecipe recipe;
  SKERRY_ASSIGN_OR_RETURN(
      recipe.name,
      config.Text("ComponentName", "SagemakerEdgeManager" + request.job_name));
  if (recipe.name.empty() || recipe.name.size() > kComponentNameBytesMax ||
      !std::ranges::all_of(recipe.name, IsComponentNameCharacter)) {
    return InvalidArgument(
        "PresetDeploymentConfig: 'ComponentName' must be 1 to 128 letters, "
        "digits and . _ -");
  }
  SKERRY_ASSIGN_OR_RETURN(
      recipe.version,
      config.Text("ComponentVersion", IsVersion(request.model_version)
                                          ? request.model_version
                                          : "1.0.0"));
  if (!IsVersion(recipe.version)) {
    return InvalidArgument("PresetDeploymentConfig: 'ComponentVersion' is '" +
                           recipe.version + "', want MAJOR.MINOR.PATCH");
  }
  SKERRY_ASSIGN_OR_RETURN(
      const std::string description,
      config.Text("ComponentDescription", "A compiled model"));
  if (description.size() > kDescriptionBytesMax) {
    return InvalidArgument(
        "PresetDeploymentConfig: 'ComponentDescription' is longer than 1024 "
        "bytes");
  }
  SKERRY_RETURN_IF_ERROR(CheckPlatform(config, request.architecture));
  constexpr int kIndent = 2;
  recipe.text = Recipe(request, recipe, description)
                    .dump(kIndent, ' ', false, Json::error_handler_t::replace) +
                "\n";
  return recipe;
}

}  // namespace skerry::cloud
