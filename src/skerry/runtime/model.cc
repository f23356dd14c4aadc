#include "skerry/runtime/model.h"

#include <string_view>
#include <utility>
#include <vector>

#include "skerry/model/container.h"
#include "skerry/platform/cpu.h"
#include "skerry/platform/errno_error.h"
#include "skerry/platform/mapping.h"
#include "skerry/runtime/elf.h"

namespace skerry::runtime {
namespace {

Result<void> CheckHost(const Manifest& manifest) {
  const std::string_view architecture = platform::CpuArchitecture();
  if (manifest.architecture != architecture) {
    return FailedPrecondition("the model is compiled for " +
                              manifest.architecture + ", this machine is " +
                              std::string(architecture));
  }
  std::string missing;
  for (const std::string& feature : manifest.cpu_features) {
    if (!platform::HasCpuFeature(feature)) missing += ' ' + feature;
  }
  if (!missing.empty()) {
    return FailedPrecondition("the model is compiled for target '" +
                              manifest.target + "'; this CPU lacks" + missing);
  }
  for (const std::string& feature : manifest.cpu_features) {
    SKERRY_RETURN_IF_ERROR(platform::RequestCpuFeature(feature));
  }
  return {};
}

// All that can be checked before the dynamic loader has its turn.
Result<Container> CheckFile(std::span<const std::byte> file) {
  SKERRY_ASSIGN_OR_RETURN(Container container, ReadContainer(file));
  SKERRY_RETURN_IF_ERROR(CheckHost(container.manifest));
  SKERRY_RETURN_IF_ERROR(CheckElf(file.first(container.elf_bytes),
                                  container.manifest.architecture));
  return container;
}

Result<Manifest> CheckOpenFile(const platform::FileDescriptor& file) {
  SKERRY_ASSIGN_OR_RETURN(const std::size_t byte_count,
                          platform::FileBytes(file));
  if (byte_count > kModelFileBytesMax) {
    return ResourceExhausted("the file has " + std::to_string(byte_count) +
                             " bytes, limit is " +
                             std::to_string(kModelFileBytesMax));
  }
  // Gone before the dynamic loader maps the file again, so that its pages do
  // not count twice.
  SKERRY_ASSIGN_OR_RETURN(const platform::Mapping mapping,
                          platform::Mapping::OfFile(file, byte_count));
  SKERRY_ASSIGN_OR_RETURN(Container container, CheckFile(mapping.bytes()));
  return std::move(container.manifest);
}

}  // namespace

Model::Model(Manifest manifest, platform::DynamicLibrary library,
             SkerryModelRun run)
    : manifest_(std::move(manifest)), library_(std::move(library)), run_(run) {}

Result<std::shared_ptr<const Model>> Model::Open(
    Manifest manifest, const platform::FileDescriptor& file) {
  SKERRY_ASSIGN_OR_RETURN(platform::DynamicLibrary library,
                          platform::DynamicLibrary::Open(file));
  SKERRY_ASSIGN_OR_RETURN(void* const symbol,
                          library.Find(SKERRY_MODEL_RUN_SYMBOL));
  const auto run = reinterpret_cast<SkerryModelRun>(symbol);
  return std::shared_ptr<const Model>(
      new Model(std::move(manifest), std::move(library), run));
}

Result<SkerryModelRunLayer> Model::FindRunLayer() const {
  const Result<void*> symbol = library_.Find(SKERRY_MODEL_RUN_LAYER_SYMBOL);
  if (!symbol) {
    return FailedPrecondition("the model, compiled by " + manifest_.compiler +
                              ", has no " SKERRY_MODEL_RUN_LAYER_SYMBOL
                              " to run its layers one by one; compile it anew");
  }
  return reinterpret_cast<SkerryModelRunLayer>(*symbol);
}

Result<std::shared_ptr<const Model>> Model::LoadFile(const std::string& path) {
  SKERRY_ASSIGN_OR_RETURN(const platform::FileDescriptor file,
                          platform::OpenForReading(path));
  Result<Manifest> manifest = CheckOpenFile(file);
  if (!manifest) return manifest.error().WithContext(platform::Quoted(path));
  auto model = Open(*std::move(manifest), file);
  if (!model) return model.error().WithContext(platform::Quoted(path));
  return model;
}

Result<std::shared_ptr<const Model>> Model::LoadBytes(
    std::span<const std::byte> file) {
  SKERRY_ASSIGN_OR_RETURN(Container container, CheckFile(file));
  SKERRY_ASSIGN_OR_RETURN(
      const platform::FileDescriptor memory,
      platform::MakeMemoryFile(file.first(container.elf_bytes)));
  return Open(std::move(container.manifest), memory);
}

}  // namespace skerry::runtime
