#include "skerry/agent/rest/model_handlers.h"

#include <vector>

#include "skerry/agent/oip/data_type_names.h"
#include "skerry/agent/rest/json_body.h"

namespace skerry::agent {
namespace {

using Json = nlohmann::ordered_json;

bool IsBatched(const ModelDescription& model) {
  return model.options.batch_delay.has_value();
}

/// The first extent of a batched model's tensors is the client's to choose,
/// which the protocol writes as -1.
Json DimsJson(const TensorSpec& tensor, bool is_batched) {
  Json dims = tensor.type.shape.dims();
  if (is_batched && !dims.empty()) {
    dims[0] = -1;
  }
  return dims;
}

Json TensorsJson(const std::vector<TensorSpec>& tensors, bool is_batched) {
  Json list = Json::array();
  for (const TensorSpec& tensor : tensors) {
    list.push_back({{"name", tensor.name},
                    {"datatype", OipTypeName(tensor.type.type)},
                    {"shape", DimsJson(tensor, is_batched)}});
  }
  return list;
}

/// Triton's configuration leaves the batch out of the extents.
Json ConfigTensorsJson(const std::vector<TensorSpec>& tensors,
                       bool is_batched) {
  Json list = Json::array();
  for (const TensorSpec& tensor : tensors) {
    const std::vector<std::int64_t>& dims = tensor.type.shape.dims();
    Json extents = Json::array();
    for (std::size_t i = is_batched ? 1 : 0; i < dims.size(); ++i) {
      extents.push_back(dims[i]);
    }
    list.push_back(
        {{"name", tensor.name},
         {"data_type", "TYPE_" + std::string(OipTypeName(tensor.type.type))},
         {"dims", std::move(extents)}});
  }
  return list;
}

std::int64_t BatchMax(const ModelDescription& model) {
  return IsBatched(model) && !model.inputs.empty() &&
                 model.inputs[0].type.shape.rank() > 0
             ? model.inputs[0].type.shape[0]
             : 0;
}

Json PartJson(const ModelStatistics::Part& part) {
  return {{"count", part.count}, {"ns", part.time.count()}};
}

Json StatisticsJson(const ModelStatistics& statistics) {
  const auto last = std::chrono::duration_cast<std::chrono::milliseconds>(
      statistics.last_inference.time_since_epoch());
  const ModelStatistics::Part none;
  return {{"name", statistics.alias},
          {"version", statistics.version},
          {"last_inference", last.count()},
          {"inference_count", statistics.inference_count},
          {"execution_count", statistics.execution_count},
          {"inference_stats",
           {{"success", PartJson(statistics.success)},
            {"fail", PartJson(statistics.fail)},
            {"queue", PartJson(statistics.queue)},
            {"compute_input", PartJson(statistics.input)},
            {"compute_infer", PartJson(statistics.infer)},
            {"compute_output", PartJson(statistics.output)},
            {"cache_hit", PartJson(none)},
            {"cache_miss", PartJson(none)}}},
          {"batch_stats", Json::array()}};
}

}  // namespace

HttpResponse ServerMetadataResponse(const Services& services) {
  return JsonResponse(
      {{"name", "skerry-agent"},
       {"version", services.version},
       {"extensions",
        {"model_repository", "model_configuration", "statistics",
         "system_shared_memory", "binary_tensor_data", "parameters"}}});
}

HttpResponse ModelListResponse(const Services& services) {
  Json names = Json::array();
  for (const ModelDescription& model : services.models.List()) {
    names.push_back(model.alias);
  }
  return JsonResponse({{"models", std::move(names)}});
}

HttpResponse ModelMetadataResponse(const Services& services,
                                   const std::string& model,
                                   const std::string& version) {
  const auto found = services.models.Describe(model, version);
  if (!found) {
    return HttpErrorResponse(found.error());
  }
  Json versions = Json::array();
  if (const auto all = services.models.Versions(model); all) {
    for (const ModelDescription& one : *all) {
      versions.push_back(one.version);
    }
  }
  return JsonResponse(
      {{"name", found->alias},
       {"versions", std::move(versions)},
       {"platform", "skerry"},
       {"inputs", TensorsJson(found->inputs, IsBatched(*found))},
       {"outputs", TensorsJson(found->outputs, IsBatched(*found))}});
}

HttpResponse ModelReadyResponse(const Services& services,
                                const std::string& model,
                                const std::string& version) {
  const auto found = services.models.Describe(model, version);
  if (!found) {
    return HttpErrorResponse(found.error());
  }
  const bool ready = found->state == ModelState::kReady;
  return JsonResponse({{"name", found->alias}, {"ready", ready}},
                      ready ? 200 : 503);
}

HttpResponse ModelConfigResponse(const Services& services,
                                 const std::string& model,
                                 const std::string& version) {
  const auto found = services.models.Describe(model, version);
  if (!found) {
    return HttpErrorResponse(found.error());
  }
  const bool batched = IsBatched(*found);
  Json config = {{"name", found->alias},
                 {"platform", "skerry"},
                 {"backend", "skerry"},
                 {"max_batch_size", BatchMax(*found)},
                 {"input", ConfigTensorsJson(found->inputs, batched)},
                 {"output", ConfigTensorsJson(found->outputs, batched)},
                 {"instance_group", Json::array()}};
  config["instance_group"].push_back(
      {{"name", found->alias},
       {"kind", "KIND_CPU"},
       {"count", found->options.instance_count}});
  if (batched) {
    config["dynamic_batching"] = {
        {"max_queue_delay_microseconds", found->options.batch_delay->count()}};
  }
  return JsonResponse(config);
}

HttpResponse ModelStatisticsResponse(const Services& services,
                                     const std::string& model,
                                     const std::string& version) {
  const auto all = services.models.Statistics(model, version);
  if (!all) {
    return HttpErrorResponse(all.error());
  }
  Json list = Json::array();
  for (const ModelStatistics& one : *all) {
    list.push_back(StatisticsJson(one));
  }
  return JsonResponse({{"model_stats", std::move(list)}});
}

}  // namespace skerry::agent
