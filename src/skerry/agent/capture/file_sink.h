#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "skerry/agent/capture/capture_files.h"
#include "skerry/aws/s3_client.h"
#include "skerry/base/result.h"

namespace skerry::agent {

/// Where files go.
///
/// Thread safety: thread-compatible.
class FileSink {
 public:
  virtual ~FileSink() = default;

  /// Once it answers without an error, the file stays, whole.
  virtual Result<void> Write(const std::string& key,
                             std::string_view content) = 0;
};

/// Below the folder `root`.
std::unique_ptr<FileSink> MakeDiskSink(std::string root);

/// Into a bucket.
std::unique_ptr<FileSink> MakeBucketSink(std::unique_ptr<aws::S3Client> client,
                                         std::string bucket);

}  // namespace skerry::agent
