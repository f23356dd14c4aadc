#include "skerry/cloud/jobs/compile_request.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "skerry/cloud/jobs/compile_job.h"
#include "skerry/cloud/jobs/model_files.h"
#include "skerry/cloud/objects/uri.h"

namespace skerry::cloud {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t kTimeMaxSeconds = 86400;

// The object `name` of `json`, or an empty one.
const Json& Member(const Json& json, const char* name) {
  static const Json kNone = Json::object();
  const auto found = json.find(name);
  return found != json.end() && found->is_object() ? *found : kNone;
}

std::string Text(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_string() ? found->get<std::string>()
                                                   : "";
}

Error InputFault(const Error& error, const std::string& where) {
  return {error.code(), "ClientError: InputConfiguration: " +
                            (where.empty() ? "" : where + ": ") +
                            error.message()};
}

Result<void> ReadInput(const Json& input, CompileRequest& request) {
  request.source_uri = Text(input, "S3Uri");
  request.framework = Text(input, "Framework");
  request.framework_version = Text(input, "FrameworkVersion");
  const Result<void> framework = CheckFramework(request.framework);
  if (!framework) return InputFault(framework.error(), "");
  const std::string config = Text(input, "DataInputConfig");
  if (!config.empty()) {
    auto inputs = ParseDataInputConfig(config);
    if (!inputs) return InputFault(inputs.error(), "DataInputConfig");
    request.inputs = *std::move(inputs);
  } else if (request.framework == "PYTORCH") {
    return InputFault(
        InvalidArgument("it is missing; a PyTorch model does not say its "
                        "inputs' shapes, so state them, such as {\"input0\": "
                        "[1, 3, 224, 224]}"),
        "DataInputConfig");
  }
  return {};
}

Result<void> ReadOutput(const Json& output, CompileRequest& request) {
  const Json& platform = Member(output, "TargetPlatform");
  auto target = FindNeoTarget({.device = Text(output, "TargetDevice"),
                               .os = Text(platform, "Os"),
                               .arch = Text(platform, "Arch"),
                               .accelerator = Text(platform, "Accelerator")});
  if (!target) {
    return Error(target.error().code(), "ClientError: OutputConfiguration: " +
                                            target.error().message());
  }
  request.target = *std::move(target);
  auto options = ParseCompilerOptions(Text(output, "CompilerOptions"));
  if (!options) {
    return Error(options.error().code(),
                 "ClientError: CompilerOptions: " + options.error().message());
  }
  request.options = *std::move(options);
  request.compiler_target = request.options.cpu.empty()
                                ? request.target.compiler_target
                                : request.options.cpu;
  return {};
}

}  // namespace

Result<CompileRequest> ReadCompileRequest(const std::string& spec) {
  const Json json = Json::parse(spec, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) {
    return Internal("ServerError: the job's request is no JSON object");
  }
  CompileRequest request;
  SKERRY_RETURN_IF_ERROR(ReadInput(Member(json, "InputConfig"), request));
  SKERRY_RETURN_IF_ERROR(ReadOutput(Member(json, "OutputConfig"), request));
  auto uri = CompiledUri(request.source_uri,
                         Text(Member(json, "OutputConfig"), "S3OutputLocation"),
                         request.target.label);
  if (!uri) return InputFault(uri.error(), "");
  request.output_uri = *std::move(uri);
  const Json& stopping = Member(json, "StoppingCondition");
  const auto time = stopping.find("MaxRuntimeInSeconds");
  request.time_max = kCompileTimeDefault;
  if (time != stopping.end() && time->is_number_integer()) {
    request.time_max = std::chrono::seconds(std::clamp<std::int64_t>(
        time->get<std::int64_t>(), 1, kTimeMaxSeconds));
  }
  return request;
}

Result<std::string> CompiledUri(const std::string& source_uri,
                                const std::string& location,
                                const std::string& target_label) {
  SKERRY_ASSIGN_OR_RETURN(const ObjectUri source, ParseObjectUri(source_uri));
  SKERRY_RETURN_IF_ERROR(ParseObjectUri(location));
  std::string base = source.key.substr(source.key.rfind('/') + 1);
  for (const std::string_view suffix : {".tar.gz", ".tgz"}) {
    if (base.size() > suffix.size() && base.ends_with(suffix)) {
      base.resize(base.size() - suffix.size());
      break;
    }
  }
  if (base.empty()) {
    return InvalidArgument("S3Uri '" + source_uri +
                           "' names no object; want one .tar.gz");
  }
  std::string uri = location;
  if (!uri.ends_with('/')) uri += '/';
  return uri + base + "-" + target_label + ".tar.gz";
}

}  // namespace skerry::cloud
