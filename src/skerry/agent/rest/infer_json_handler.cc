#include "skerry/agent/rest/infer_json_handler.h"

#include <algorithm>

#include "skerry/agent/oip/data_type_names.h"
#include "skerry/model/manifest.h"
#include "skerry/tensor/shape.h"

namespace skerry::agent {
namespace {

// Long enough for everything that anybody waits for.
constexpr std::uint64_t kTimeoutMicroseconds = 1'000'000'000'000;

}  // namespace

Error InferJsonHandler::error() const {
  return error_.value_or(InvalidArgument("the request's JSON is not valid"));
}

bool InferJsonHandler::null() {
  return At(Place::kData) ? Fail("null is no element") : Take(Scalar());
}

bool InferJsonHandler::boolean(bool value) {
  if (At(Place::kData)) {
    return scan_ || Check(elements_->AppendBool(value));
  }
  return Take({.truth = value, .count = std::nullopt, .text = std::nullopt});
}

bool InferJsonHandler::number_integer(std::int64_t value) {
  if (At(Place::kData)) {
    return scan_ || Check(elements_->AppendSigned(value));
  }
  if (At(Place::kShape)) {
    return Fail("shape has a negative extent");
  }
  return Take(Scalar());
}

bool InferJsonHandler::number_unsigned(std::uint64_t value) {
  if (At(Place::kData)) {
    return scan_ || Check(elements_->AppendUnsigned(value));
  }
  if (At(Place::kShape)) {
    auto& dims = request_.inputs.back().dims;
    if (dims.size() >= static_cast<std::size_t>(kRankMax) ||
        value > static_cast<std::uint64_t>(kElementCountMax)) {
      return Fail("shape has more than " + std::to_string(kRankMax) +
                  " extents, or one that is too large");
    }
    dims.push_back(static_cast<std::int64_t>(value));
    return true;
  }
  return Take({.truth = std::nullopt, .count = value, .text = std::nullopt});
}

bool InferJsonHandler::number_float(double value, const std::string& text) {
  if (At(Place::kData)) {
    return scan_ || Check(elements_->AppendFloat(value, text));
  }
  return At(Place::kShape) ? Fail("shape wants integers") : Take(Scalar());
}

bool InferJsonHandler::string(std::string& value) {
  if (At(Place::kData)) {
    return Fail("a string is no element");
  }
  return Take({.truth = std::nullopt, .count = std::nullopt, .text = value});
}

bool InferJsonHandler::binary(nlohmann::json::binary_t& /*value*/) {
  return Fail("binary values are not part of JSON");
}

bool InferJsonHandler::start_object(std::size_t /*size*/) {
  return Enter(ObjectHere(), true);
}

bool InferJsonHandler::start_array(std::size_t /*size*/) {
  return Enter(ArrayHere(), false);
}

bool InferJsonHandler::end_object() {
  const Place place = places_.back();
  if (place == Place::kInput && !EndInput()) {
    return false;
  }
  if ((place == Place::kInputParameters || place == Place::kOutputParameters) &&
      !EndTensorParameters()) {
    return false;
  }
  places_.pop_back();
  return true;
}

bool InferJsonHandler::end_array() {
  const Place place = places_.back();
  places_.pop_back();
  if (place == Place::kData && At(Place::kInput) && elements_) {
    request_.inputs.back().data = elements_->TakeBytes();
    elements_.reset();
  }
  return true;
}

bool InferJsonHandler::key(std::string& value) {
  key_ = value;
  return true;
}

bool InferJsonHandler::parse_error(
    std::size_t position, const std::string& token,
    const nlohmann::json::exception& /*exception*/) {
  return Fail("not valid at byte " + std::to_string(position) + ", near '" +
              token.substr(0, 40) + "'");
}

bool InferJsonHandler::Fail(const std::string& message) {
  error_ = InvalidArgument("the request's JSON: " + Where() + message);
  return false;
}

bool InferJsonHandler::Check(const Result<void>& result) {
  return result.has_value() || Fail(result.error().message());
}

std::string InferJsonHandler::Where() const {
  for (const Place place : places_) {
    if (place == Place::kInput) {
      const std::string& name = request_.inputs.back().name;
      return name.empty()
                 ? "input " + std::to_string(request_.inputs.size() - 1) + ": "
                 : "input '" + name + "': ";
    }
  }
  return "";
}

/// `place`: what begins; absent: nothing of this kind may stand here, and the
/// error is set.
bool InferJsonHandler::Enter(std::optional<Place> place, bool is_object) {
  if (!place) {
    return error_.has_value() || wants_types_
               ? false
               : Fail("'" + key_ + "' must not be an " +
                      (is_object ? "object" : "array"));
  }
  if (places_.size() >= kInferJsonDepthMax) {
    return Fail("more than " + std::to_string(kInferJsonDepthMax) +
                " arrays and objects inside one another");
  }
  places_.push_back(*place);
  switch (*place) {
    case Place::kInput:
      return BeginInput();
    case Place::kOutput:
      request_.outputs.emplace_back();
      has_region_ = has_region_size_ = false;
      part_ = {};
      return request_.outputs.size() <= kTensorSpecsMax ||
             Fail("too many outputs");
    case Place::kShape:
      has_shape_ = true;
      request_.inputs.back().dims.clear();
      return true;
    default:
      return true;
  }
}

std::optional<InferJsonHandler::Place> InferJsonHandler::ObjectHere() {
  if (places_.empty()) {
    return Place::kRoot;
  }
  switch (places_.back()) {
    case Place::kRoot:
      if (key_ == "inputs" || key_ == "outputs" || key_ == "id") {
        return std::nullopt;
      }
      return key_ == "parameters" ? Place::kParameters : Place::kIgnored;
    case Place::kInputs:
      return Place::kInput;
    case Place::kOutputs:
      return Place::kOutput;
    case Place::kInput:
      if (key_ == "name" || key_ == "datatype" || key_ == "shape" ||
          key_ == "data") {
        return std::nullopt;
      }
      return key_ == "parameters" ? Place::kInputParameters : Place::kIgnored;
    case Place::kOutput:
      if (key_ == "name") {
        return std::nullopt;
      }
      return key_ == "parameters" ? Place::kOutputParameters : Place::kIgnored;
    case Place::kShape:
    case Place::kData:
      return std::nullopt;
    default:
      return Place::kIgnored;
  }
}

std::optional<InferJsonHandler::Place> InferJsonHandler::ArrayHere() {
  if (places_.empty()) {
    Fail("an object is wanted");
    return std::nullopt;
  }
  switch (places_.back()) {
    case Place::kRoot:
      if (key_ == "id" || key_ == "parameters") {
        return std::nullopt;
      }
      return key_ == "inputs"    ? Place::kInputs
             : key_ == "outputs" ? Place::kOutputs
                                 : Place::kIgnored;
    case Place::kInputs:
    case Place::kOutputs:
    case Place::kShape:
      return std::nullopt;
    case Place::kInput:
      if (key_ == "data") {
        return BeginData() ? std::optional(Place::kData) : std::nullopt;
      }
      if (key_ == "shape") {
        return Place::kShape;
      }
      if (key_ == "name" || key_ == "datatype" || key_ == "parameters") {
        return std::nullopt;
      }
      return Place::kIgnored;
    case Place::kOutput:
      if (key_ == "name" || key_ == "parameters") {
        return std::nullopt;
      }
      return Place::kIgnored;
    case Place::kData:
      return Place::kData;
    default:
      return Place::kIgnored;
  }
}

bool InferJsonHandler::BeginInput() {
  request_.inputs.emplace_back();
  has_type_ = has_shape_ = has_region_ = has_region_size_ = false;
  part_ = {};
  const std::size_t index = request_.inputs.size() - 1;
  if (!scan_ && index < types_.size() && types_[index]) {
    request_.inputs.back().data_type = *types_[index];
    has_type_ = true;
  }
  if (scan_) {
    types_.emplace_back();
  }
  return request_.inputs.size() <= kTensorSpecsMax || Fail("too many inputs");
}

bool InferJsonHandler::BeginData() {
  RestInput& input = request_.inputs.back();
  if (input.has_data) {
    return Fail("data is there twice");
  }
  input.has_data = true;
  if (scan_) {
    return true;
  }
  if (!has_type_) {
    if (types_.empty()) {
      wants_types_ = true;
      return false;
    }
    return Fail("datatype is missing");
  }
  Result<ElementBuffer> elements = ElementBuffer::Create(input.data_type);
  if (!elements) {
    return Check(std::unexpected(elements.error()));
  }
  elements_ = *std::move(elements);
  // Each element takes two bytes of the JSON at least, so a huge shape takes
  // nothing that was not sent.
  if (const auto shape = Shape::Create(input.dims); shape && has_shape_) {
    const auto count = static_cast<std::size_t>(shape->element_count());
    elements_->Reserve(std::min(count, json_bytes_ / 2));
  }
  return true;
}

bool InferJsonHandler::EndInput() {
  if (scan_) {
    return true;
  }
  if (!has_type_) {
    return Fail("datatype is missing");
  }
  return has_shape_ || Fail("shape is missing");
}

bool InferJsonHandler::EndTensorParameters() {
  if (has_region_ != has_region_size_) {
    return Fail("shared_memory_region and shared_memory_byte_size go together");
  }
  if (has_region_) {
    (At(Place::kInputParameters) ? request_.inputs.back().shared
                                 : request_.outputs.back().shared) = part_;
  }
  return true;
}

bool InferJsonHandler::Take(const Scalar& scalar) {
  if (places_.empty()) {
    return Fail("an object is wanted");
  }
  switch (places_.back()) {
    case Place::kRoot:
      if (key_ == "id") {
        // Some clients number their requests.
        if (!scalar.text && !scalar.count) {
          return Fail("'id' must be a string");
        }
        request_.id = scalar.text ? std::string(*scalar.text)
                                  : std::to_string(*scalar.count);
        return true;
      }
      return key_ == "inputs" || key_ == "outputs"
                 ? Fail("'" + key_ + "' must be an array")
                 : true;
    case Place::kParameters:
      return TakeRootParameter(scalar);
    case Place::kInput:
      return TakeInput(scalar);
    case Place::kOutput:
      if (key_ == "name") {
        request_.outputs.back().name = scalar.text.value_or("");
      }
      return true;
    case Place::kInputParameters:
    case Place::kOutputParameters:
      return TakeTensorParameter(scalar);
    case Place::kInputs:
    case Place::kOutputs:
      return Fail("inputs and outputs are objects");
    case Place::kShape:
      return Fail("shape wants integers");
    case Place::kData:
    case Place::kIgnored:
      return true;
  }
  return true;
}

bool InferJsonHandler::TakeRootParameter(const Scalar& scalar) {
  if (key_ == "unit") {
    if (!scalar.text) {
      return Fail("parameter 'unit' must be a string");
    }
    request_.unit = *scalar.text;
  } else if (key_ == "timeout") {
    if (!scalar.count) {
      return Fail("parameter 'timeout' must be microseconds, not negative");
    }
    // Zero is Triton's "none".
    if (*scalar.count > 0 && *scalar.count < kTimeoutMicroseconds) {
      request_.timeout = std::chrono::microseconds(*scalar.count);
    }
  } else if (key_ == "binary_data_output") {
    if (!scalar.truth) {
      return Fail("parameter 'binary_data_output' must be true or false");
    }
    request_.binary_data_output = *scalar.truth;
  } else if (key_ == "sequence_id") {
    return Fail("sequences are not served");
  }
  return true;
}

bool InferJsonHandler::TakeInput(const Scalar& scalar) {
  RestInput& input = request_.inputs.back();
  if (key_ == "name") {
    if (!scalar.text) {
      return Fail("'name' must be a string");
    }
    input.name = *scalar.text;
  } else if (key_ == "datatype") {
    const auto type = ParseOipType(scalar.text.value_or(""));
    if (!type) {
      return Fail(type.error().message());
    }
    if (has_type_ && input.data_type != *type) {
      return Fail("datatype is there twice");
    }
    if (scan_) {
      types_.back() = *type;
    }
    input.data_type = *type;
    has_type_ = true;
  } else if (key_ == "shape" || key_ == "data") {
    return Fail("'" + key_ + "' must be an array");
  }
  return true;
}

bool InferJsonHandler::TakeTensorParameter(const Scalar& scalar) {
  const bool is_input = At(Place::kInputParameters);
  if (key_ == "binary_data_size" && is_input) {
    if (!scalar.count) {
      return Fail("parameter 'binary_data_size' must be a byte count");
    }
    request_.inputs.back().binary_data_size = scalar.count;
    return true;
  }
  if (key_ == "binary_data" && !is_input) {
    if (!scalar.truth) {
      return Fail("parameter 'binary_data' must be true or false");
    }
    request_.outputs.back().binary_data = scalar.truth;
    return true;
  }
  if (key_ == "classification" && scalar.count.value_or(1) != 0) {
    return Fail("the classification extension is not served");
  }
  if (key_ == "shared_memory_region") {
    if (!scalar.text || scalar.text->empty()) {
      return Fail("parameter '" + key_ + "' must be a name");
    }
    part_.region = *scalar.text;
    has_region_ = true;
  } else if (key_ == "shared_memory_byte_size" ||
             key_ == "shared_memory_offset") {
    if (!scalar.count) {
      return Fail("parameter '" + key_ + "' must be a byte count");
    }
    if (key_ == "shared_memory_offset") {
      part_.offset = *scalar.count;
    } else {
      part_.byte_size = *scalar.count;
      has_region_size_ = true;
    }
  }
  return true;
}

}  // namespace skerry::agent
