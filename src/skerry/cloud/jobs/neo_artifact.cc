#include "skerry/cloud/jobs/neo_artifact.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>

#include "skerry/aws/digest.h"
#include "skerry/cloud/jobs/file_digest.h"
#include "skerry/tensor/data_type.h"

namespace skerry::cloud {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kIndent = 2;

std::string Print(const Json& json) {
  return json.dump(kIndent, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json TensorsJson(const std::vector<TensorSpec>& specs) {
  Json json = Json::array();
  for (const TensorSpec& spec : specs) {
    json.push_back({{"name", spec.name},
                    {"dtype", std::string(DataTypeName(spec.type.type))},
                    {"shape", spec.type.shape.dims()}});
  }
  return json;
}

// "2020-05-08T20:37:58.065747"
std::string PrintTime(std::int64_t micros) {
  constexpr std::int64_t kMicros = 1'000'000;
  const auto seconds = static_cast<std::time_t>(micros / kMicros);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[64];
  const std::size_t size =
      std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &parts);
  std::string fraction = std::to_string(kMicros + micros % kMicros);
  fraction[0] = '.';
  return std::string(text, size) + fraction;
}

std::string UpperCase(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return text;
}

}  // namespace

std::string PrintCompiledMeta(const Manifest& manifest,
                              const NeoArtifactOptions& options) {
  Json json;
  json["Requirements"] = {{"TargetDevice", UpperCase(options.target_label)},
                          {"TargetDeviceType", "cpu"}};
  json["Compilation"] = {{"CreatedTime", PrintTime(options.created)},
                         {"Compiler", manifest.compiler},
                         {"Target", manifest.target}};
  json["Model"] = {{"Inputs", TensorsJson(manifest.inputs)},
                   {"Outputs", TensorsJson(manifest.outputs)}};
  return Print(json);
}

Result<void> WriteNeoArtifact(const std::string& path, const Manifest& manifest,
                              const NeoArtifactOptions& options) {
  SKERRY_ASSIGN_OR_RETURN(const platform::FileDescriptor model,
                          platform::OpenForReading(options.model_path));
  SKERRY_ASSIGN_OR_RETURN(const FileDigests digests, DigestFile(model));
  const std::string meta = PrintCompiledMeta(manifest, options);
  Json listing;
  listing["files"][std::string(kCompiledModelName)] = {
      {"sha256", digests.sha256}, {"bytes", digests.byte_count}};
  listing["files"][std::string(kCompiledMetaName)] = {
      {"sha256", aws::Hex(aws::Sha256(meta))}, {"bytes", meta.size()}};
  listing["lineage"] =
      Json::parse(options.lineage, nullptr, /*allow_exceptions=*/false);
  return WriteArchive(
      path,
      {{.name = std::string(kCompiledModelName), .path = options.model_path},
       {.name = std::string(kCompiledMetaName), .text = meta},
       {.name = std::string(kCompiledManifestName), .text = Print(listing)}});
}

}  // namespace skerry::cloud
