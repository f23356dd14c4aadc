// Any bytes are read as the JSON of an inference request. What is accepted
// has elements that fit its shapes.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "skerry/agent/rest/infer_json.h"
#include "skerry/base/check.h"
#include "skerry/tensor/shape.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  const auto request =
      skerry::agent::ReadInferJson({reinterpret_cast<const char*>(data), size});
  if (!request) {
    SKERRY_CHECK(!request.error().message().empty());
    return 0;
  }
  for (const skerry::agent::RestInput& input : request->inputs) {
    const auto shape = skerry::Shape::Create(input.dims);
    SKERRY_CHECK(shape.has_value());
    if (input.has_data) {
      const skerry::TensorType type{input.data_type, *shape};
      SKERRY_CHECK(static_cast<std::uint64_t>(type.byte_count()) ==
                   input.data.size());
    }
  }
  return 0;
}
