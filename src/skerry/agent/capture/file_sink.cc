#include "skerry/agent/capture/file_sink.h"

#include <utility>

#include "skerry/platform/file.h"
#include "skerry/platform/folder.h"

namespace skerry::agent {
namespace {

class DiskSink final : public FileSink {
 public:
  explicit DiskSink(std::string root) : root_(std::move(root)) {}

  Result<void> Write(const std::string& key,
                     std::string_view content) override {
    const std::string path = root_ + '/' + key;
    const std::string folder = path.substr(0, path.rfind('/'));
    // Mostly the folder is there. It may also go between the two steps: the
    // upload removes those that are empty.
    for (int attempt = 0;; ++attempt) {
      auto written = platform::WriteTextFile(path, content);
      const bool again = attempt < 2 && !written.has_value() &&
                         written.error().code() == ErrorCode::kNotFound;
      if (!again) return written;
      SKERRY_RETURN_IF_ERROR(platform::MakeFolders(folder));
    }
  }

 private:
  std::string root_;
};

class BucketSink final : public FileSink {
 public:
  BucketSink(std::unique_ptr<aws::S3Client> client, std::string bucket)
      : client_(std::move(client)), bucket_(std::move(bucket)) {}

  Result<void> Write(const std::string& key,
                     std::string_view content) override {
    const char* const type = key.ends_with(".jsonl")
                                 ? "application/jsonlines"
                                 : "application/octet-stream";
    return client_->Put(bucket_, key, content, type);
  }

 private:
  std::unique_ptr<aws::S3Client> client_;
  std::string bucket_;
};

}  // namespace

std::unique_ptr<FileSink> MakeDiskSink(std::string root) {
  return std::make_unique<DiskSink>(std::move(root));
}

std::unique_ptr<FileSink> MakeBucketSink(std::unique_ptr<aws::S3Client> client,
                                         std::string bucket) {
  return std::make_unique<BucketSink>(std::move(client), std::move(bucket));
}

}  // namespace skerry::agent
