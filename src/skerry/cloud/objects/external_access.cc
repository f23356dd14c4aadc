#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "skerry/cloud/objects/object_access.h"
#include "skerry/platform/errno_error.h"
#include "skerry/platform/folder.h"

namespace skerry::cloud {
namespace {

using platform::ErrnoError;
using platform::FileDescriptor;
using platform::Quoted;

constexpr mode_t kFetchedFileMode = 0666;  // less the process's umask
constexpr mode_t kScratchMode = 0600;

class ExternalAccess final : public ObjectAccess {
 public:
  ExternalAccess(aws::S3Options options, aws::CredentialsProvider credentials,
                 std::string scratch_folder)
      : options_(std::move(options)),
        credentials_(std::move(credentials)),
        scratch_folder_(std::move(scratch_folder)) {}

  Result<ObjectSummary> Head(const ObjectUri& uri) override {
    SKERRY_ASSIGN_OR_RETURN(const auto client, NewClient());
    SKERRY_ASSIGN_OR_RETURN(const aws::S3Object object,
                            client->Head(uri.bucket, uri.key));
    return SummaryOf(object);
  }

  Result<FileDescriptor> Open(const ObjectUri& uri,
                              std::uint64_t bytes_max) override {
    FileDescriptor file(open(scratch_folder_.c_str(),
                             O_TMPFILE | O_RDWR | O_CLOEXEC, kScratchMode));
    if (!file.open()) {
      return ErrnoError(errno, "scratch folder " + Quoted(scratch_folder_));
    }
    SKERRY_ASSIGN_OR_RETURN(const auto client, NewClient());
    SKERRY_ASSIGN_OR_RETURN(const aws::S3Object object,
                            client->Get(uri.bucket, uri.key, file, bytes_max));
    (void)object;
    if (lseek(file.number(), 0, SEEK_SET) != 0) {
      return ErrnoError(errno, "scratch file");
    }
    return file;
  }

  Result<ObjectSummary> Get(const ObjectUri& uri, const std::string& path,
                            std::uint64_t bytes_max) override {
    const FileDescriptor file(open(path.c_str(),
                                   O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC,
                                   kFetchedFileMode));
    if (!file.open()) return ErrnoError(errno, Quoted(path));
    auto object = GetInto(uri, file, bytes_max);
    if (!object) (void)platform::RemoveFile(path);
    return object;
  }

  Result<ObjectSummary> Put(const ObjectUri& uri, const FileDescriptor& file,
                            const std::string& content_type) override {
    SKERRY_ASSIGN_OR_RETURN(const auto client, NewClient());
    SKERRY_ASSIGN_OR_RETURN(
        const aws::S3Object object,
        client->PutFile(uri.bucket, uri.key, file, content_type));
    return SummaryOf(object);
  }

 private:
  static ObjectSummary SummaryOf(const aws::S3Object& object) {
    return {.byte_count = object.byte_count, .etag = object.etag};
  }

  // One for each call, since clients are for one thread.
  Result<std::unique_ptr<aws::S3Client>> NewClient() const {
    return aws::S3Client::Create(options_, credentials_);
  }

  Result<ObjectSummary> GetInto(const ObjectUri& uri,
                                const FileDescriptor& file,
                                std::uint64_t bytes_max) {
    SKERRY_ASSIGN_OR_RETURN(const auto client, NewClient());
    SKERRY_ASSIGN_OR_RETURN(const aws::S3Object object,
                            client->Get(uri.bucket, uri.key, file, bytes_max));
    return SummaryOf(object);
  }

  const aws::S3Options options_;
  const aws::CredentialsProvider credentials_;
  const std::string scratch_folder_;
};

}  // namespace

Result<std::unique_ptr<ObjectAccess>> ExternalObjects(
    const aws::S3Options& options, aws::CredentialsProvider credentials,
    const std::string& scratch_folder) {
  SKERRY_ASSIGN_OR_RETURN(const auto probe,
                          aws::S3Client::Create(options, credentials));
  (void)probe;
  return std::make_unique<ExternalAccess>(options, std::move(credentials),
                                          scratch_folder);
}

}  // namespace skerry::cloud
