#include "skerry/agent/rest/infer_response.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>

#include "skerry/agent/oip/data_type_names.h"

namespace skerry::agent {
namespace {

/// An IEEE half, exactly.
float HalfToFloat(std::uint16_t half) {
  const int exponent = (half >> 10) & 0x1F;
  const int fraction = half & 0x3FF;
  float value = 0;
  if (exponent == 0) {
    value = std::ldexp(static_cast<float>(fraction), -24);
  } else if (exponent == 0x1F) {
    value = fraction == 0 ? HUGE_VALF : NAN;
  } else {
    value = std::ldexp(static_cast<float>(fraction + 1024), exponent - 25);
  }
  return (half & 0x8000) != 0 ? -value : value;
}

template <class T>
void AppendNumber(T value, std::string& json) {
  if constexpr (std::is_floating_point_v<T>) {
    if (!std::isfinite(value)) {
      json.append("null");
      return;
    }
  }
  char text[32];
  const auto [end, code] = std::to_chars(text, text + sizeof(text), value);
  json.append(text, end);
}

template <class T, class Print>
void AppendAll(std::string_view bytes, std::string& json, Print print) {
  for (std::size_t at = 0; at + sizeof(T) <= bytes.size(); at += sizeof(T)) {
    T value;
    std::memcpy(&value, bytes.data() + at, sizeof(T));
    if (at > 0) {
      json.push_back(',');
    }
    print(value, json);
  }
}

template <class T>
void AppendNumbers(std::string_view bytes, std::string& json) {
  AppendAll<T>(bytes, json, AppendNumber<T>);
}

void AppendElements(DataType type, std::string_view bytes, std::string& json) {
  switch (type) {
    case DataType::kBool:
      return AppendAll<std::uint8_t>(
          bytes, json, [](std::uint8_t value, std::string& out) {
            out.append(value != 0 ? "true" : "false");
          });
    case DataType::kFloat16:
      return AppendAll<std::uint16_t>(
          bytes, json, [](std::uint16_t value, std::string& out) {
            AppendNumber(HalfToFloat(value), out);
          });
    case DataType::kBfloat16:
      return AppendAll<std::uint16_t>(
          bytes, json, [](std::uint16_t value, std::string& out) {
            AppendNumber(
                std::bit_cast<float>(static_cast<std::uint32_t>(value) << 16),
                out);
          });
    case DataType::kUint8:
      return AppendNumbers<std::uint8_t>(bytes, json);
    case DataType::kInt8:
      return AppendNumbers<std::int8_t>(bytes, json);
    case DataType::kUint16:
      return AppendNumbers<std::uint16_t>(bytes, json);
    case DataType::kInt16:
      return AppendNumbers<std::int16_t>(bytes, json);
    case DataType::kUint32:
      return AppendNumbers<std::uint32_t>(bytes, json);
    case DataType::kInt32:
      return AppendNumbers<std::int32_t>(bytes, json);
    case DataType::kUint64:
      return AppendNumbers<std::uint64_t>(bytes, json);
    case DataType::kInt64:
      return AppendNumbers<std::int64_t>(bytes, json);
    case DataType::kFloat32:
      return AppendNumbers<float>(bytes, json);
    case DataType::kFloat64:
      return AppendNumbers<double>(bytes, json);
  }
}

const RestOutput* WishFor(const RestInferRequest& request,
                          const std::string& name) {
  for (const RestOutput& output : request.outputs) {
    if (output.name == name) {
      return &output;
    }
  }
  return nullptr;
}

bool WantsBinary(const RestInferRequest& request, const RestOutput* wish) {
  return wish != nullptr && wish->binary_data.has_value()
             ? *wish->binary_data
             : request.binary_data_output;
}

void AppendShape(const Shape& shape, std::string& json) {
  json.push_back('[');
  for (int axis = 0; axis < shape.rank(); ++axis) {
    if (axis > 0) {
      json.push_back(',');
    }
    AppendNumber(shape[axis], json);
  }
  json.push_back(']');
}

void AppendOutput(const RestInferRequest& request, OutputTensor output,
                  HttpResponse& response) {
  std::string& json = response.body;
  json.append("{\"name\":").append(JsonQuoted(output.name));
  json.append(",\"datatype\":\"").append(OipTypeName(output.type.type));
  json.append("\",\"shape\":");
  AppendShape(output.type.shape, json);
  const RestOutput* wish = WishFor(request, output.name);
  if (output.in_destination && wish != nullptr && wish->shared) {
    json.append(",\"parameters\":{\"shared_memory_region\":");
    json.append(JsonQuoted(wish->shared->region));
    json.append(",\"shared_memory_byte_size\":");
    AppendNumber(output.type.byte_count(), json);
    if (wish->shared->offset != 0) {
      json.append(",\"shared_memory_offset\":");
      AppendNumber(wish->shared->offset, json);
    }
    json.append("}");
  } else if (WantsBinary(request, wish)) {
    json.append(",\"parameters\":{\"binary_data_size\":");
    AppendNumber(output.bytes.size(), json);
    json.append("}");
    response.more.push_back(std::move(output.bytes));
  } else {
    json.append(",\"data\":[");
    AppendElements(output.type.type, output.bytes, json);
    json.append("]");
  }
  json.append("}");
}

}  // namespace

std::size_t PrintedElementCount(const RestInferRequest& request,
                                const InferenceResult& result) {
  std::size_t count = 0;
  for (const OutputTensor& output : result.outputs) {
    if (!WantsBinary(request, WishFor(request, output.name))) {
      count += output.bytes.size() / ElementBytes(output.type.type);
    }
  }
  return count;
}

HttpResponse WriteInferResponse(const RestInferRequest& request,
                                InferenceResult result) {
  HttpResponse response;
  std::string& json = response.body;
  json.append("{\"model_name\":").append(JsonQuoted(result.model));
  json.append(",\"model_version\":").append(JsonQuoted(result.version));
  if (!request.id.empty()) {
    json.append(",\"id\":").append(JsonQuoted(request.id));
  }
  json.append(",\"parameters\":{\"model_time_ns\":");
  AppendNumber(result.times.infer.count(), json);
  json.append("},\"outputs\":[");
  for (std::size_t i = 0; i < result.outputs.size(); ++i) {
    if (i > 0) {
      json.push_back(',');
    }
    AppendOutput(request, std::move(result.outputs[i]), response);
  }
  json.append("]}");
  if (!response.more.empty()) {
    response.content_type = "application/octet-stream";
    response.headers.emplace_back("Inference-Header-Content-Length",
                                  std::to_string(json.size()));
  }
  return response;
}

}  // namespace skerry::agent
