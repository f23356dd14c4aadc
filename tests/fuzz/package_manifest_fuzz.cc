// The readers of what comes with a model: a package's manifest, its
// signature, and a model's configuration. Each input is taken as all three.
#include <cstdint>
#include <string>
#include <string_view>

#include "skerry/agent/serving/package_manifest.h"
#include "skerry/agent/serving/repository.h"
#include "skerry/base/check.h"

namespace skerry::agent {
namespace {

void TryManifest(std::string_view text) {
  const Result<PackageManifest> manifest = ParsePackageManifest(text);
  if (!manifest) return;
  for (const auto& [name, file] : manifest->files) {
    SKERRY_CHECK(!name.contains('/') && name != "..");
  }
  const auto again = ParsePackageManifest(PrintPackageManifest(*manifest));
  SKERRY_CHECK(again && *again == *manifest);
}

void TrySignature(std::string_view text) {
  const Result<PackageSignature> signature = ParsePackageSignature(text);
  if (!signature) return;
  const auto again = ParsePackageSignature(PrintPackageSignature(*signature));
  SKERRY_CHECK(again && again->signature == signature->signature);
}

void TryConfiguration(const std::string& text) {
  const auto configuration = ParseModelConfiguration(text, ModelOptions());
  if (!configuration) return;
  const ModelOptions& options = configuration->options;
  SKERRY_CHECK(options.instance_count >= 1 &&
               options.instance_count <= kInstanceCountMax);
  SKERRY_CHECK(options.queue_length >= 1 &&
               options.queue_length <= kQueueLengthMax);
  int total = 0;
  if (!configuration->split) return;
  for (const Split::Arm& arm : configuration->split->arms) total += arm.share;
  SKERRY_CHECK(total == 10000);
}

}  // namespace
}  // namespace skerry::agent

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  skerry::agent::TryManifest(text);
  skerry::agent::TrySignature(text);
  skerry::agent::TryConfiguration(std::string(text));
  return 0;
}
