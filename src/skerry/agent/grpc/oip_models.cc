// The calls of OipService that tell about models.

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "skerry/agent/grpc/oip_service.h"
#include "skerry/agent/grpc/oip_types.h"
#include "skerry/agent/oip/data_type_names.h"
#include "skerry/telemetry/utf8.h"

namespace skerry::agent {
namespace {

constexpr char kPlatform[] = "skerry";

void FillMetadata(inference::ModelMetadataResponse::TensorMetadata& tensor,
                  const TensorSpec& spec) {
  tensor.set_name(telemetry::ReplaceInvalidUtf8(spec.name));
  tensor.set_datatype(std::string(OipTypeName(spec.type.type)));
  const auto& dims = spec.type.shape.dims();
  tensor.mutable_shape()->Assign(dims.begin(), dims.end());
}

template <class Tensor>
void FillConfig(Tensor& tensor, const TensorSpec& spec) {
  tensor.set_name(telemetry::ReplaceInvalidUtf8(spec.name));
  tensor.set_data_type(ModelConfigType(spec.type.type));
  const auto& dims = spec.type.shape.dims();
  tensor.mutable_dims()->Assign(dims.begin(), dims.end());
}

void Fill(inference::StatisticDuration& duration,
          const ModelStatistics::Part& part) {
  duration.set_count(part.count);
  duration.set_ns(static_cast<std::uint64_t>(part.time.count()));
}

void FillStatistics(inference::ModelStatistics& model,
                    const ModelStatistics& statistics) {
  model.set_name(statistics.alias);
  model.set_version(telemetry::ReplaceInvalidUtf8(statistics.version));
  model.set_last_inference(static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(
          statistics.last_inference.time_since_epoch())
          .count()));
  model.set_inference_count(statistics.inference_count);
  model.set_execution_count(statistics.execution_count);
  auto& parts = *model.mutable_inference_stats();
  Fill(*parts.mutable_success(), statistics.success);
  Fill(*parts.mutable_fail(), statistics.fail);
  Fill(*parts.mutable_queue(), statistics.queue);
  Fill(*parts.mutable_compute_input(), statistics.input);
  Fill(*parts.mutable_compute_infer(), statistics.infer);
  Fill(*parts.mutable_compute_output(), statistics.output);
  parts.mutable_cache_hit();
  parts.mutable_cache_miss();
}

}  // namespace

void OipService::AddModelMethods(std::vector<Method>& methods) {
  using inference::ModelConfigRequest;
  using inference::ModelMetadataRequest;
  using inference::ModelReadyRequest;
  using inference::ModelStatisticsRequest;
  methods.push_back(AnswerNow<ModelReadyRequest>(
      Path("ModelReady"),
      [this](const ModelReadyRequest& request, const Caller&) {
        return ModelReady(request);
      }));
  methods.push_back(AnswerNow<ModelMetadataRequest>(
      Path("ModelMetadata"),
      [this](const ModelMetadataRequest& request, const Caller&) {
        return ModelMetadata(request);
      }));
  methods.push_back(AnswerNow<ModelConfigRequest>(
      Path("ModelConfig"),
      [this](const ModelConfigRequest& request, const Caller&) {
        return ModelConfig(request);
      }));
  methods.push_back(AnswerNow<ModelStatisticsRequest>(
      Path("ModelStatistics"),
      [this](const ModelStatisticsRequest& request, const Caller&) {
        return ModelStatistics(request);
      }));
}

// A model that is not there is not ready, which is no error: clients ask until
// it is.
Result<inference::ModelReadyResponse> OipService::ModelReady(
    const inference::ModelReadyRequest& request) const {
  const auto model =
      services_.models.Describe(request.name(), request.version());
  inference::ModelReadyResponse response;
  response.set_ready(model.has_value() && model->state == ModelState::kReady);
  return response;
}

Result<inference::ModelMetadataResponse> OipService::ModelMetadata(
    const inference::ModelMetadataRequest& request) const {
  SKERRY_ASSIGN_OR_RETURN(
      const ModelDescription model,
      services_.models.Describe(request.name(), request.version()));
  inference::ModelMetadataResponse response;
  response.set_name(model.alias);
  response.set_platform(kPlatform);
  if (!request.version().empty()) {
    response.add_versions(telemetry::ReplaceInvalidUtf8(model.version));
  } else if (const auto all = services_.models.Versions(request.name())) {
    for (const ModelDescription& version : *all) {
      response.add_versions(telemetry::ReplaceInvalidUtf8(version.version));
    }
  }
  for (const TensorSpec& spec : model.inputs) {
    FillMetadata(*response.add_inputs(), spec);
  }
  for (const TensorSpec& spec : model.outputs) {
    FillMetadata(*response.add_outputs(), spec);
  }
  return response;
}

Result<inference::ModelConfigResponse> OipService::ModelConfig(
    const inference::ModelConfigRequest& request) const {
  SKERRY_ASSIGN_OR_RETURN(
      const ModelDescription model,
      services_.models.Describe(request.name(), request.version()));
  inference::ModelConfigResponse response;
  auto& config = *response.mutable_config();
  config.set_name(model.alias);
  config.set_platform(kPlatform);
  config.set_backend(kPlatform);
  for (const TensorSpec& spec : model.inputs) {
    FillConfig(*config.add_input(), spec);
  }
  for (const TensorSpec& spec : model.outputs) {
    FillConfig(*config.add_output(), spec);
  }
  auto& parameters = *config.mutable_parameters();
  const ModelOptions& options = model.options;
  const auto set = [&parameters](const char* name, std::string value) {
    parameters[name].set_string_value(std::move(value));
  };
  set("instances", std::to_string(options.instance_count));
  set("threads", std::to_string(options.thread_count));
  set("queue", std::to_string(options.queue_length));
  set("isolate", options.isolate ? "true" : "false");
  if (options.batch_delay.has_value()) {
    set("batch_delay_us", std::to_string(options.batch_delay->count()));
  }
  return response;
}

Result<inference::ModelStatisticsResponse> OipService::ModelStatistics(
    const inference::ModelStatisticsRequest& request) const {
  SKERRY_ASSIGN_OR_RETURN(
      const auto all,
      services_.models.Statistics(request.name(), request.version()));
  inference::ModelStatisticsResponse response;
  for (const auto& statistics : all) {
    FillStatistics(*response.add_model_stats(), statistics);
  }
  return response;
}

}  // namespace skerry::agent
