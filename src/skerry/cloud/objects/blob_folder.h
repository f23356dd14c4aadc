#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "skerry/base/result.h"
#include "skerry/cloud/objects/object_store.h"
#include "skerry/platform/file.h"

namespace skerry::cloud {

/// Files named by the SHA-256 of what they hold: `sha256/ab/cdef...`. A file
/// has its name only once it is whole and on the disk.
///
/// Who is about to refer to a blob touches it first, by sealing a writer or by
/// `Touch`. A sweep takes an old blob aside, looks again whether it is still
/// old and nothing refers to it, and only then removes it; else it goes back.
/// So no lock is needed, and several programs may share a folder.
///
/// Thread safety: thread-safe.
class BlobFolder {
 public:
  static Result<BlobFolder> Create(const std::string& folder);

  /// `with_md5`: compute that as well.
  Result<std::unique_ptr<BlobWriter>> NewBlob(bool with_md5) const;
  /// A blob of `parts`, blobs each, in sequence; sealed.
  Result<std::unique_ptr<BlobWriter>> Join(
      const std::vector<std::string>& parts) const;

  /// kNotFound if there is none.
  Result<platform::FileDescriptor> Open(const std::string& sha256) const;
  /// Makes the blob young again. kNotFound.
  Result<void> Touch(const std::string& sha256) const;

  /// Whether a blob is referred to.
  using IsUsed = std::function<Result<bool>(const std::string& sha256)>;
  /// Removes blobs that are older than `grace` and not used, and what crashes
  /// left behind.
  Result<SweepReport> Sweep(std::chrono::seconds grace,
                            const IsUsed& is_used) const;

 private:
  explicit BlobFolder(std::string folder) : folder_(std::move(folder)) {}

  std::string PathOf(const std::string& sha256) const;
  std::string AsidePath(const std::string& sha256) const;
  Result<void> SweepBlob(const std::string& sha256, std::chrono::seconds grace,
                         const IsUsed& is_used, SweepReport& report) const;
  Result<void> SweepAside(std::chrono::seconds grace, const IsUsed& is_used,
                          SweepReport& report) const;
  void SweepIncoming(std::chrono::seconds grace) const;

  std::string folder_;
};

}  // namespace skerry::cloud
