// What a compile job's request says in texts of its own: DataInputConfig and
// CompilerOptions. Each input is taken as both.
#include <cstdint>
#include <string_view>

#include "skerry/base/check.h"
#include "skerry/cloud/jobs/compiler_options.h"
#include "skerry/cloud/jobs/input_config.h"
#include "skerry/cloud/jobs/literal.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto json = skerry::cloud::LiteralToJson(text);
  if (json) SKERRY_CHECK(skerry::cloud::LiteralToJson(*json).value() == *json);
  const auto shapes = skerry::cloud::ParseDataInputConfig(text);
  if (shapes) {
    const auto again = skerry::cloud::ParseDataInputConfig(
        skerry::cloud::PrintDataInputConfig(*shapes));
    SKERRY_CHECK(again && *again == *shapes);
    for (const auto& shape : *shapes) {
      for (const auto dim : shape.dims) SKERRY_CHECK(dim >= 1);
    }
  }
  const auto options = skerry::cloud::ParseCompilerOptions(text);
  if (options) SKERRY_CHECK(!options->cpu.starts_with('-'));
  return 0;
}
