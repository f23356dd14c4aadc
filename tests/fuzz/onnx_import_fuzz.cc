// ONNX files: any bytes either import, into a graph that is well formed and
// whose types agree with inference, or get an error with a message.
#include <cstddef>
#include <cstdint>
#include <span>

#include "skerry/base/check.h"
#include "skerry/compiler/import/onnx_import.h"
#include "skerry/compiler/ops/op.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  const auto graph =
      skerry::compiler::ImportOnnx(std::as_bytes(std::span(data, size)), {});
  if (!graph.has_value()) {
    SKERRY_CHECK(!graph.error().message().empty());
    return 0;
  }
  SKERRY_CHECK(graph->Verify().has_value());
  for (const skerry::compiler::Node& node : graph->nodes) {
    const auto types = skerry::compiler::InferTypes(*graph, node);
    SKERRY_CHECK(types.has_value());
    for (std::size_t i = 0; i < node.outputs.size(); ++i) {
      SKERRY_CHECK(node.outputs[i] == skerry::compiler::kNoValue ||
                   graph->type(node.outputs[i]) == (*types)[i]);
    }
  }
  return 0;
}
