#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "skerry/cloud/objects/object_access.h"
#include "skerry/platform/errno_error.h"
#include "skerry/platform/folder.h"

namespace skerry::cloud {
namespace {

using platform::ErrnoError;
using platform::FileDescriptor;
using platform::Quoted;

constexpr mode_t kLocalFileMode = 0666;  // less the process's umask
constexpr std::size_t kPieceBytes = std::size_t{1} << 20;

Error ErrorOf(const ApiError& error, const ObjectUri& uri) {
  const std::string context = "s3://" + uri.bucket + '/' + uri.key;
  ErrorCode code = ErrorCode::kInternal;
  switch (error.status) {
    case 404:
      code = ErrorCode::kNotFound;
      break;
    case 503:
      code = ErrorCode::kUnavailable;
      break;
    case 507:
      code = ErrorCode::kResourceExhausted;
      break;
    case 400:
      code = ErrorCode::kInvalidArgument;
      break;
    default:
      break;
  }
  return Error(code, error.code + ": " + error.message).WithContext(context);
}

ObjectSummary SummaryOf(const ObjectInfo& info) {
  return {info.byte_count, info.etag, info.sha256};
}

// Calls `take` with pieces of `file` up to its end.
template <class Take>
Result<void> ReadPieces(const FileDescriptor& file, const Take& take) {
  std::vector<std::byte> buffer(kPieceBytes);
  for (off_t offset = 0;;) {
    const ssize_t count =
        pread(file.number(), buffer.data(), buffer.size(), offset);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return ErrnoError(errno, "cannot read the file");
    if (count == 0) return {};
    SKERRY_RETURN_IF_ERROR(
        take(std::span(buffer).first(static_cast<std::size_t>(count))));
    offset += count;
  }
}

Result<void> WriteAll(const FileDescriptor& file,
                      std::span<const std::byte> piece) {
  while (!piece.empty()) {
    const ssize_t count = write(file.number(), piece.data(), piece.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return ErrnoError(errno, "cannot write the file");
    piece = piece.subspan(static_cast<std::size_t>(count));
  }
  return {};
}

class LocalAccess final : public ObjectAccess {
 public:
  explicit LocalAccess(ObjectStore& store) : store_(store) {}

  Result<ObjectSummary> Head(const ObjectUri& uri) override {
    const auto info = store_.Head(uri.bucket, uri.key, "");
    if (!info) return ErrorOf(info.error(), uri);
    return SummaryOf(*info);
  }

  Result<FileDescriptor> Open(const ObjectUri& uri,
                              std::uint64_t bytes_max) override {
    SKERRY_ASSIGN_OR_RETURN(OpenObject object, OpenWithin(uri, bytes_max));
    return std::move(object.file);
  }

  Result<ObjectSummary> Get(const ObjectUri& uri, const std::string& path,
                            std::uint64_t bytes_max) override {
    SKERRY_ASSIGN_OR_RETURN(const OpenObject object,
                            OpenWithin(uri, bytes_max));
    const FileDescriptor file(open(
        path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, kLocalFileMode));
    if (!file.open()) return ErrnoError(errno, Quoted(path));
    auto written = ReadPieces(
        object.file, [&file](auto piece) { return WriteAll(file, piece); });
    if (!written) {
      (void)platform::RemoveFile(path);
      return written.error().WithContext(Quoted(path));
    }
    return SummaryOf(object.info);
  }

  Result<ObjectSummary> Put(const ObjectUri& uri, const FileDescriptor& file,
                            const std::string& content_type) override {
    if (uri.key.empty() || uri.key.size() > kKeyBytesMax) {
      return InvalidArgument("s3://" + uri.bucket + '/' + uri.key +
                             ": a key has 1 to " +
                             std::to_string(kKeyBytesMax) + " bytes");
    }
    SKERRY_ASSIGN_OR_RETURN(const auto blob, store_.NewBlob());
    SKERRY_RETURN_IF_ERROR(
        ReadPieces(file, [&blob](auto piece) { return blob->Write(piece); }));
    SKERRY_RETURN_IF_ERROR(blob->Seal());
    const auto put = store_.Put(
        {.bucket = uri.bucket, .key = uri.key, .content_type = content_type},
        *blob, {});
    if (!put) return ErrorOf(put.error(), uri);
    return SummaryOf(*put);
  }

 private:
  Result<OpenObject> OpenWithin(const ObjectUri& uri, std::uint64_t bytes_max) {
    auto object = store_.Open(uri.bucket, uri.key, "");
    if (!object) return ErrorOf(object.error(), uri);
    if (object->info.byte_count > bytes_max) {
      return ResourceExhausted("s3://" + uri.bucket + '/' + uri.key + " has " +
                               std::to_string(object->info.byte_count) +
                               " bytes, the limit is " +
                               std::to_string(bytes_max));
    }
    return *std::move(object);
  }

  ObjectStore& store_;
};

}  // namespace

std::unique_ptr<ObjectAccess> LocalObjects(ObjectStore& store) {
  return std::make_unique<LocalAccess>(store);
}

}  // namespace skerry::cloud
