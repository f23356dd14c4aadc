#include "reports.h"

#include <cstdio>

namespace skerry::cli {

Json ToJson(const TensorSpec& spec) {
  return {{"name", spec.name},
          {"type", DataTypeName(spec.type.type)},
          {"shape", spec.type.shape.dims()}};
}

Json ToJson(const std::vector<TensorSpec>& specs) {
  Json list = Json::array();
  for (const TensorSpec& spec : specs) list.push_back(ToJson(spec));
  return list;
}

Json ToJson(const LayerSpec& layer) {
  return {{"name", layer.name},
          {"op", layer.op},
          {"kernel", layer.kernel},
          {"type", DataTypeName(layer.output.type)},
          {"shape", layer.output.shape.dims()},
          {"flops", layer.flops},
          {"bytes", layer.bytes},
          {"offset", layer.offset}};
}

Json ToJson(const Manifest& manifest) {
  Json layers = Json::array();
  for (const LayerSpec& layer : manifest.layers) {
    layers.push_back(ToJson(layer));
  }
  return {{"name", manifest.model_name},
          {"compiler", manifest.compiler},
          {"source_digest", manifest.source_digest},
          {"target", manifest.target},
          {"architecture", manifest.architecture},
          {"cpu_features", manifest.cpu_features},
          {"arena_bytes", manifest.arena_bytes},
          {"scratch_bytes", manifest.scratch_bytes},
          {"weight_bytes", manifest.weight_bytes},
          {"inputs", ToJson(manifest.inputs)},
          {"outputs", ToJson(manifest.outputs)},
          {"layers", std::move(layers)}};
}

std::string JsonText(const Json& json) {
  constexpr int kIndent = 2;
  return json.dump(kIndent, ' ', false, Json::error_handler_t::replace) + "\n";
}

void PrintJson(const Json& json) { std::fputs(JsonText(json).c_str(), stdout); }

}  // namespace skerry::cli
