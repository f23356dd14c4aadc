#include "skerry/cloud/sagemaker/payload_format.h"

#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "skerry/cloud/sagemaker/npy_array.h"
#include "skerry/cloud/sagemaker/sql.h"

namespace skerry::cloud {
namespace {

// Dimensions of nested lists.
constexpr std::size_t kRankMax = 8;

std::unexpected<ApiError> Invalid(std::string message) {
  return std::unexpected(ApiError{400, "ValidationError", std::move(message)});
}

std::unexpected<ApiError> BadAnswer() {
  return std::unexpected(ApiError{500, "InternalFailure",
                                  "The agent's answer is not understood."});
}

std::string_view MediaType(std::string_view header) {
  header = header.substr(0, header.find_first_of(";,"));
  while (header.ends_with(' ')) header.remove_suffix(1);
  while (header.starts_with(' ')) header.remove_prefix(1);
  return header;
}

ApiResult<Json> OnlyInput(const Json& metadata) {
  const Json inputs = metadata.value("inputs", Json::array());
  if (inputs.size() != 1) {
    return Invalid("The model takes " + std::to_string(inputs.size()) +
                   " inputs; send an Open Inference Protocol request.");
  }
  return inputs[0];
}

// Appends the numbers of nested lists, whose lengths are `shape` from `depth`.
bool Flatten(const Json& value, const std::vector<std::size_t>& shape,
             std::size_t depth, Json& data) {
  if (depth == shape.size()) {
    if (!value.is_number() && !value.is_boolean()) return false;
    data.push_back(value);
    return true;
  }
  if (!value.is_array() || value.size() != shape[depth]) return false;
  for (const Json& element : value) {
    if (!Flatten(element, shape, depth + 1, data)) return false;
  }
  return true;
}

ApiResult<Json> InputOfInstances(std::string_view body, const Json& spec) {
  const Json json = Json::parse(body, nullptr, /*allow_exceptions=*/false);
  const Json instances = json.value("instances", Json());
  std::vector<std::size_t> shape;
  const Json* level = &instances;
  while (level->is_array() && shape.size() <= kRankMax) {
    shape.push_back(level->size());
    if (level->empty()) break;
    level = &level->front();
  }
  Json data = Json::array();
  if (shape.empty() || shape.size() > kRankMax ||
      !Flatten(instances, shape, 0, data)) {
    return Invalid("'instances' must be lists of numbers, of equal lengths.");
  }
  return Json{{"name", spec.at("name")},
              {"datatype", spec.at("datatype")},
              {"shape", shape},
              {"data", std::move(data)}};
}

Json BinaryInput(const Json& spec, Json datatype, Json shape,
                 std::size_t byte_count) {
  return {{"name", spec.at("name")},
          {"datatype", std::move(datatype)},
          {"shape", std::move(shape)},
          {"parameters", {{"binary_data_size", byte_count}}}};
}

// Lists of lists, `shape[depth]` each; `index` walks along the data.
Json Nest(const Json& data, const std::vector<std::size_t>& shape,
          std::size_t depth, std::size_t& index) {
  if (depth == shape.size()) {
    return index < data.size() ? data[index++] : Json();
  }
  Json list = Json::array();
  for (std::size_t i = 0; i < shape[depth] && index < data.size(); ++i) {
    list.push_back(Nest(data, shape, depth + 1, index));
  }
  return list;
}

std::optional<std::vector<std::size_t>> ShapeOf(const Json& output) {
  const Json shape = output.value("shape", Json());
  if (!shape.is_array() || shape.size() > kRankMax) return std::nullopt;
  std::vector<std::size_t> extents;
  for (const Json& extent : shape) {
    if (!extent.is_number_integer() || extent < 0) return std::nullopt;
    extents.push_back(extent.get<std::size_t>());
  }
  return extents;
}

ApiResult<Payload> Predictions(const Json& outputs) {
  Json columns = Json::object();
  Json only;
  for (const Json& output : outputs) {
    const auto shape = ShapeOf(output);
    if (!shape || !output.contains("data")) return BadAnswer();
    std::size_t index = 0;
    only = Nest(output["data"], *shape, 0, index);
    columns[output.value("name", "")] = only;
  }
  Json json = {{"predictions", outputs.size() == 1 ? only : columns}};
  return Payload{"application/json", json.dump()};
}

}  // namespace

ApiResult<PayloadFormat> PayloadFormatOf(std::string_view content_type,
                                         std::string_view body) {
  const std::string_view type = MediaType(content_type);
  if (type == "application/x-npy") return PayloadFormat::kNpy;
  if (type == "application/octet-stream") return PayloadFormat::kRaw;
  if (type != "application/json") {
    return Invalid("Content type '" + std::string(type) +
                   "' is not supported; there are application/json, "
                   "application/x-npy and application/octet-stream.");
  }
  if (NestsTooDeep(body)) return Invalid("The payload nests too deep.");
  const Json json = Json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return Invalid("The payload is no JSON object.");
  return json.contains("instances") ? PayloadFormat::kInstances
                                    : PayloadFormat::kProtocol;
}

ApiResult<PayloadFormat> AnswerFormatOf(std::string_view accept,
                                        PayloadFormat input) {
  const std::string_view type = MediaType(accept);
  if (type.empty() || type == "*/*") return input;
  if (type == "application/x-npy") return PayloadFormat::kNpy;
  if (type == "application/octet-stream") return PayloadFormat::kRaw;
  if (type == "application/json") {
    return input == PayloadFormat::kProtocol ? PayloadFormat::kProtocol
                                             : PayloadFormat::kInstances;
  }
  return Invalid("Accept '" + std::string(type) +
                 "' is not supported; there are application/json, "
                 "application/x-npy and application/octet-stream.");
}

ApiResult<InferRequest> MakeInferRequest(std::string_view body,
                                         PayloadFormat input,
                                         PayloadFormat output,
                                         const Json& metadata) {
  const bool binary_output =
      output == PayloadFormat::kNpy || output == PayloadFormat::kRaw;
  InferRequest request;
  Json json = Json::object();
  if (input == PayloadFormat::kProtocol) {
    json = Json::parse(body, nullptr, /*allow_exceptions=*/false);
  } else {
    SKERRY_API_ASSIGN_OR_RETURN(const Json spec, OnlyInput(metadata));
    Json entry;
    if (input == PayloadFormat::kInstances) {
      SKERRY_API_ASSIGN_OR_RETURN(entry, InputOfInstances(body, spec));
    } else if (input == PayloadFormat::kNpy) {
      const std::optional<NpyArray> array = ReadNpyArray(body);
      if (!array) {
        return Invalid("The payload is no .npy array of numbers in C order.");
      }
      entry =
          BinaryInput(spec, array->datatype, array->shape, array->bytes.size());
      request.binary = array->bytes;
    } else {
      entry =
          BinaryInput(spec, spec.at("datatype"), spec.at("shape"), body.size());
      request.binary = body;
    }
    json["inputs"] = Json::array({std::move(entry)});
  }
  if (binary_output) json["parameters"]["binary_data_output"] = true;
  request.json = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  return request;
}

ApiResult<Payload> MakePayload(const Json& answer, std::string_view binary,
                               PayloadFormat output) {
  const Json outputs = answer.value("outputs", Json());
  if (!outputs.is_array() || outputs.empty()) return BadAnswer();
  switch (output) {
    case PayloadFormat::kProtocol:
      return Payload{"application/json", answer.dump()};
    case PayloadFormat::kInstances:
      return Predictions(outputs);
    case PayloadFormat::kRaw:
      return Payload{"application/octet-stream", std::string(binary)};
    case PayloadFormat::kNpy:
      break;
  }
  const auto shape = ShapeOf(outputs[0]);
  const std::size_t byte_count = outputs[0].value(
      "/parameters/binary_data_size"_json_pointer, std::size_t{0});
  if (!shape || byte_count > binary.size()) return BadAnswer();
  const std::optional<std::string> npy = WriteNpyArray(
      {outputs[0].value("datatype", ""), *shape, binary.substr(0, byte_count)});
  if (!npy) return BadAnswer();
  return Payload{"application/x-npy", *npy};
}

}  // namespace skerry::cloud
