#pragma once

#include <memory>
#include <string>

#include "skerry/cloud/objects/checksum.h"
#include "skerry/cloud/objects/object_store.h"
#include "skerry/platform/file.h"

namespace skerry::cloud {

/// Where a blob writer puts its file.
struct BlobPlace {
  std::string incoming;  ///< the folder of files that have no name yet
  std::string blobs;     ///< the folder of "ab/cdef..."
};

/// Makes the file `path` young. False: it is not there, or just went away.
bool TouchFile(const std::string& path);

/// See `BlobWriter`. The file has no name until it is sealed where the file
/// system can do that (O_TMPFILE), else a name in `place.incoming`.
class FileBlobWriter final : public BlobWriter {
 public:
  static Result<std::unique_ptr<FileBlobWriter>> Create(const BlobPlace& place,
                                                        bool with_md5);
  ~FileBlobWriter() override;

  Result<void> Write(std::span<const std::byte> piece) override;
  /// Adds all that `file` holds, within the kernel if it can.
  Result<void> Append(const platform::FileDescriptor& file);
  std::uint64_t byte_count() const override { return byte_count_; }
  Result<void> Seal() override;
  const std::string& sha256() const override { return sha256_; }
  const std::string& md5() const override { return md5_; }

 private:
  FileBlobWriter(BlobPlace place, platform::FileDescriptor file,
                 std::string name, bool with_md5);

  void Hash(std::span<const std::byte> piece);
  Result<bool> CopyInKernel(const platform::FileDescriptor& file,
                            std::uint64_t offset, std::uint64_t byte_count);
  Result<void> Link(const std::string& path);

  BlobPlace place_;
  platform::FileDescriptor file_;
  std::string name_;  // empty: the file has none
  std::uint64_t byte_count_ = 0;
  std::unique_ptr<Checksum> sha256_state_;
  std::unique_ptr<Checksum> md5_state_;  // or none
  std::string sha256_;
  std::string md5_;
};

}  // namespace skerry::cloud
