#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "skerry/base/result.h"

namespace skerry::platform {

/// A fresh folder in $TMPDIR (or /tmp) that goes away, with all it holds,
/// together with this object. Only the user may enter it.
///
/// Thread safety: thread-compatible.
class TempDirectory {
 public:
  TempDirectory(TempDirectory&& other) noexcept
      : path_(std::exchange(other.path_, {})) {}
  TempDirectory& operator=(TempDirectory&& other) noexcept {
    path_.swap(other.path_);
    return *this;
  }
  ~TempDirectory();

  /// The folder's name starts with `prefix`.
  static Result<TempDirectory> Create(std::string_view prefix);

  const std::string& path() const { return path_; }

  /// The path of `name` inside.
  std::string Join(std::string_view name) const;

 private:
  explicit TempDirectory(std::string path) : path_(std::move(path)) {}

  std::string path_;
};

}  // namespace skerry::platform
