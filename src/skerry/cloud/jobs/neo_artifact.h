#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "skerry/base/result.h"
#include "skerry/cloud/jobs/archive_writer.h"
#include "skerry/model/manifest.h"

namespace skerry::cloud {

/// The files of a compilation's archive, as SageMaker Neo lays them out.
inline constexpr std::string_view kCompiledModelName = "compiled.so";
inline constexpr std::string_view kCompiledMetaName = "compiled.meta";
inline constexpr std::string_view kCompiledManifestName = "manifest";

/// A compiled model takes at most this many bytes.
inline constexpr std::size_t kCompiledBytesMax = std::size_t{2} << 30;

struct NeoArtifactOptions {
  std::string model_path = {};    ///< a compiled model
  std::string target_label = {};  ///< NeoTarget::label
  std::int64_t created = 0;       ///< micros
  std::string lineage = {};       ///< JSON, for `manifest`
};

/// compiled.meta: JSON, as DLR reads it.
std::string PrintCompiledMeta(const Manifest& manifest,
                              const NeoArtifactOptions& options);

/// Writes the archive: the model, compiled.meta, and `manifest`: JSON with the
/// files' digests and the lineage.
Result<void> WriteNeoArtifact(const std::string& path, const Manifest& manifest,
                              const NeoArtifactOptions& options);

}  // namespace skerry::cloud
