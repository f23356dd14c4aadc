// Graphs as text: any bytes either parse or get an error, and what parses
// prints and parses to the same graph.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "skerry/base/check.h"
#include "skerry/compiler/ir/compare.h"
#include "skerry/compiler/ir/parse.h"
#include "skerry/compiler/ir/print.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  namespace compiler = skerry::compiler;
  const auto graph =
      compiler::ParseGraph({reinterpret_cast<const char*>(data), size});
  if (!graph.has_value()) return 0;
  const auto again = compiler::ParseGraph(compiler::PrintGraph(*graph));
  SKERRY_CHECK(again.has_value());
  SKERRY_CHECK(compiler::Same(compiler::Compact(*graph), *again));
  return 0;
}
