#pragma once

#include <memory>
#include <string>

#include "skerry/cloud/jobs/sandbox.h"
#include "skerry/cloud/objects/object_access.h"
#include "skerry/platform/temp_directory.h"

namespace skerry::cloud {

/// Objects in a folder: FOLDER/bucket/key. A bucket that was not made is not
/// there.
class FolderObjects final : public ObjectAccess {
 public:
  void MakeBucket(const std::string& bucket);
  /// The content of an object; empty if there is none.
  std::string Content(const std::string& bucket, const std::string& key) const;
  std::string Path(const ObjectUri& uri) const;

  Result<ObjectSummary> Head(const ObjectUri& uri) override;
  Result<platform::FileDescriptor> Open(const ObjectUri& uri,
                                        std::uint64_t bytes_max) override;
  Result<ObjectSummary> Get(const ObjectUri& uri, const std::string& path,
                            std::uint64_t bytes_max) override;
  Result<ObjectSummary> Put(const ObjectUri& uri,
                            const platform::FileDescriptor& file,
                            const std::string& content_type) override;

 private:
  platform::TempDirectory folder_ =
      *platform::TempDirectory::Create("objects-test");
};

/// A shell script in the place of `skerry`, in a sandbox that only limits.
class ScriptedCompiler {
 public:
  /// $4 is where the compiled model goes; PREMADE, a compiled model for
  /// `architecture`, is there to be copied.
  explicit ScriptedCompiler(const std::string& script,
                            const std::string& architecture = "x86_64");

  Sandbox& sandbox() { return *sandbox_; }

 private:
  platform::TempDirectory folder_ =
      *platform::TempDirectory::Create("compiler-test");
  std::unique_ptr<Sandbox> sandbox_;
};

}  // namespace skerry::cloud
