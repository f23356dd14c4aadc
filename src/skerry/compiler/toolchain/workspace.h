#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "skerry/base/result.h"
#include "skerry/platform/temp_directory.h"

namespace skerry::compiler {

/// The temporary folder that a model is built in. Its files are written
/// without the care (and the cost) that outlasting a power cut takes.
///
/// Thread safety: thread-compatible.
class Workspace {
 public:
  static Result<Workspace> Create();

  const std::string& path() const { return folder_.path(); }

  /// Writes a file, and the folders on the way to it. `name` is relative to
  /// the workspace. kResourceExhausted or kUnknown if the disk refuses.
  Result<void> Write(std::string_view name, std::span<const std::byte> bytes);
  Result<void> WriteText(std::string_view name, std::string_view text) {
    return Write(name, std::as_bytes(std::span(text)));
  }

  Result<std::vector<std::byte>> Read(std::string_view name) const;

 private:
  explicit Workspace(platform::TempDirectory folder)
      : folder_(std::move(folder)) {}

  platform::TempDirectory folder_;
};

}  // namespace skerry::compiler
