#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "skerry/base/result.h"
#include "skerry/model/abi.h"
#include "skerry/model/manifest.h"
#include "skerry/platform/dynamic_library.h"
#include "skerry/platform/file.h"

namespace skerry::runtime {

/// A model file has at most this many bytes: 64 GiB.
inline constexpr std::size_t kModelFileBytesMax = std::size_t{64} << 30;

/// A compiled model, loaded and ready for sessions. Its code and weights are
/// mapped from the file, so processes that load one file share one copy, and
/// pages that nobody reads stay on the disk.
///
/// Before a byte of the model runs, its checksum, its architecture, the CPU
/// features that it needs and the ELF image are checked. The checksum guards
/// against damage, not against malice: load only models that you trust as you
/// trust a library.
///
/// Thread safety: immutable.
class Model {
 public:
  /// Loads the file at `path`. It is opened once, so what was checked is what
  /// runs, even if the name is given to another file meanwhile. A file in use
  /// must be replaced (renamed over), never written into.
  ///
  /// Errors, which name the path:
  ///   kNotFound, kPermissionDenied  the file cannot be opened
  ///   kInvalidArgument     it is no compiled model
  ///   kDataLoss            it is one, but truncated or changed
  ///   kFailedPrecondition  it is for another format version or architecture,
  ///                        or this CPU lacks a feature, which is named
  static Result<std::shared_ptr<const Model>> LoadFile(const std::string& path);

  /// The same with the file's content, which is copied.
  static Result<std::shared_ptr<const Model>> LoadBytes(
      std::span<const std::byte> file);

  const Manifest& manifest() const { return manifest_; }

  /// The model's code; see model/abi.h. Valid while this object lives.
  SkerryModelRun run() const { return run_; }

  /// The same for one layer. kFailedPrecondition if the model was compiled
  /// before its layers could be run alone.
  Result<SkerryModelRunLayer> FindRunLayer() const;

 private:
  Model(Manifest manifest, platform::DynamicLibrary library,
        SkerryModelRun run);

  static Result<std::shared_ptr<const Model>> Open(
      Manifest manifest, const platform::FileDescriptor& file);

  Manifest manifest_;
  platform::DynamicLibrary library_;
  SkerryModelRun run_;
};

}  // namespace skerry::runtime
