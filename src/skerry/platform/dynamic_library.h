#pragma once

#include <string>
#include <utility>

#include "skerry/base/result.h"
#include "skerry/platform/file.h"

namespace skerry::platform {

/// Owns a loaded shared object. What `Find` gave is valid while it lives.
///
/// Thread safety: thread-compatible.
class DynamicLibrary {
 public:
  DynamicLibrary() = default;
  DynamicLibrary(DynamicLibrary&& other) noexcept
      : handle_(std::exchange(other.handle_, nullptr)) {}
  DynamicLibrary& operator=(DynamicLibrary&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~DynamicLibrary();

  /// Loads the shared object that `file` holds, whatever its name is or
  /// becomes. All its symbols are bound now and none is offered to others.
  /// A file that this process has loaded already is not loaded again, so a
  /// file in use must be replaced by another, never written into.
  ///
  /// The object's initialisers run. Errors: kFailedPrecondition with the
  /// dynamic loader's words.
  static Result<DynamicLibrary> Open(const FileDescriptor& file);

  /// Loads one of the system's libraries by the name that packages know it by:
  /// "libpq.so.5". Otherwise as `Open`.
  static Result<DynamicLibrary> OpenSystem(const std::string& name);

  /// The address of `symbol`. kNotFound if there is none.
  Result<void*> Find(const std::string& symbol) const;

 private:
  explicit DynamicLibrary(void* handle) : handle_(handle) {}

  void* handle_ = nullptr;
};

}  // namespace skerry::platform
