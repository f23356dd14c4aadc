#include "skerry/agent/rest/infer_json.h"

#include <algorithm>
#include <exception>

#include "skerry/agent/rest/infer_json_handler.h"
#include "skerry/tensor/shape.h"

namespace skerry::agent {
namespace {

Result<void> RunHandler(std::string_view json, InferJsonHandler& handler) {
  try {
    if (nlohmann::json::sax_parse(json.begin(), json.end(), &handler)) {
      return {};
    }
  } catch (const std::exception& exception) {
    return InvalidArgument(std::string("the request's JSON: ") +
                           exception.what());
  }
  return handler.error();
}

/// An input without elements, or with elements in two places, has no meaning.
Result<void> CheckInput(const RestInput& input) {
  const std::string who = "input '" + input.name + "'";
  const int places = (input.has_data ? 1 : 0) +
                     (input.binary_data_size.has_value() ? 1 : 0) +
                     (input.shared.has_value() ? 1 : 0);
  if (places != 1) {
    return InvalidArgument(
        who + " wants exactly one of data, binary_data_size and " +
        "shared_memory_region, got " + std::to_string(places));
  }
  const Result<Shape> shape = Shape::Create(input.dims);
  if (!shape) {
    return shape.error().WithContext(who);
  }
  const auto count = static_cast<std::uint64_t>(shape->element_count());
  const std::size_t element_bytes = ElementBytes(input.data_type);
  if (input.has_data && count * element_bytes != input.data.size()) {
    return InvalidArgument(who + ": shape " + shape->ToString() + " wants " +
                           std::to_string(count) + " elements, got " +
                           std::to_string(input.data.size() / element_bytes));
  }
  return {};
}

Result<void> CheckRequest(const RestInferRequest& request) {
  if (request.inputs.empty()) {
    return InvalidArgument("the request has no inputs");
  }
  for (const RestInput& input : request.inputs) {
    SKERRY_RETURN_IF_ERROR(CheckInput(input));
  }
  for (const RestOutput& output : request.outputs) {
    if (output.name.empty()) {
      return InvalidArgument("an output of the request has no name");
    }
  }
  return {};
}

}  // namespace

Result<RestInferRequest> ReadInferJson(std::string_view json) {
  InferJsonHandler handler(json.size(), InferJsonHandler::Types());
  Result<void> done = RunHandler(json, handler);
  if (!done && handler.wants_types()) {
    // Data came before its datatype, as where keys are sorted: look for the
    // types first, then read again.
    InferJsonHandler scan(json.size(), InferJsonHandler::kScan);
    SKERRY_RETURN_IF_ERROR(RunHandler(json, scan));
    handler = InferJsonHandler(json.size(), scan.types());
    done = RunHandler(json, handler);
  }
  SKERRY_RETURN_IF_ERROR(done);
  RestInferRequest request = handler.Take();
  SKERRY_RETURN_IF_ERROR(CheckRequest(request));
  return request;
}

}  // namespace skerry::agent
