// Any bytes are read as an inference request with binary tensors: a line that
// stands for the header Inference-Header-Content-Length, then the body.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "skerry/agent/rest/binary_extension.h"
#include "skerry/base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t line = text.find('\n');
  if (line == std::string_view::npos) {
    return 0;
  }
  const auto body = skerry::agent::SplitInferBody(text.substr(line + 1),
                                                  text.substr(0, line));
  if (!body) {
    return 0;
  }
  auto request = skerry::agent::ReadInferJson(body->json);
  if (!request || !skerry::agent::AttachBinary(body->binary, *request)) {
    return 0;
  }
  std::size_t used = 0;
  for (const skerry::agent::RestInput& input : request->inputs) {
    SKERRY_CHECK(input.binary.size() == input.binary_data_size.value_or(0));
    used += input.binary.size();
  }
  SKERRY_CHECK(used == body->binary.size());
  return 0;
}
