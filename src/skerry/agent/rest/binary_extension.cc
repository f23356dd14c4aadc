#include "skerry/agent/rest/binary_extension.h"

#include <charconv>
#include <cstddef>
#include <span>
#include <string>
#include <system_error>

#include "skerry/tensor/shape.h"

namespace skerry::agent {
namespace {

Result<void> CheckSize(const RestInput& input, std::uint64_t size) {
  SKERRY_ASSIGN_OR_RETURN(const Shape shape, Shape::Create(input.dims));
  const TensorType type{input.data_type, shape};
  if (size != static_cast<std::uint64_t>(type.byte_count())) {
    return InvalidArgument("input '" + input.name + "': " + type.ToString() +
                           " takes " + std::to_string(type.byte_count()) +
                           " bytes, binary_data_size is " +
                           std::to_string(size));
  }
  return {};
}

}  // namespace

Result<InferBody> SplitInferBody(std::string_view body,
                                 std::optional<std::string_view> header) {
  if (!header) {
    return InferBody{.json = body, .binary = {}};
  }
  std::size_t json_bytes = 0;
  const char* end = header->data() + header->size();
  const auto [rest, code] = std::from_chars(header->data(), end, json_bytes);
  if (code != std::errc() || rest != end || json_bytes > body.size()) {
    return InvalidArgument("Inference-Header-Content-Length is '" +
                           std::string(header->substr(0, 40)) +
                           "', the body has " + std::to_string(body.size()) +
                           " bytes");
  }
  return InferBody{.json = body.substr(0, json_bytes),
                   .binary = body.substr(json_bytes)};
}

Result<void> AttachBinary(std::string_view binary, RestInferRequest& request) {
  std::span<const std::byte> rest = std::as_bytes(std::span(binary));
  for (RestInput& input : request.inputs) {
    if (!input.binary_data_size) {
      continue;
    }
    const std::uint64_t size = *input.binary_data_size;
    SKERRY_RETURN_IF_ERROR(CheckSize(input, size));
    if (size > rest.size()) {
      return InvalidArgument("input '" + input.name +
                             "': binary_data_size is " + std::to_string(size) +
                             ", the body has " + std::to_string(rest.size()) +
                             " bytes left");
    }
    input.binary = rest.first(size);
    rest = rest.subspan(size);
  }
  if (!rest.empty()) {
    return InvalidArgument("the body has " + std::to_string(rest.size()) +
                           " bytes that belong to no input");
  }
  return {};
}

}  // namespace skerry::agent
