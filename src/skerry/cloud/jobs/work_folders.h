#pragma once

#include <memory>
#include <string>

#include "skerry/base/result.h"
#include "skerry/platform/file.h"

namespace skerry::cloud {

/// The folders that a pool's jobs work in. Pools of other programs, and of
/// other machines, may have theirs in the same folder: a lock on a file, which
/// goes with its program, tells which are still used.
///
/// Thread safety: thread-safe.
class WorkFolders {
 public:
  /// Makes `folder`, and removes what pools that are gone left in it.
  static Result<std::unique_ptr<WorkFolders>> Open(const std::string& folder);
  WorkFolders(const WorkFolders&) = delete;
  WorkFolders& operator=(const WorkFolders&) = delete;
  ~WorkFolders();

  /// A path in it that nobody has, and nothing is at.
  std::string NewPath() const;

 private:
  WorkFolders(std::string folder, std::string id,
              platform::FileDescriptor lock);

  const std::string folder_;
  const std::string id_;
  const platform::FileDescriptor lock_;
};

}  // namespace skerry::cloud
