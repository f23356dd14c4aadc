#include "skerry/cloud/objects/blob_writer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "skerry/aws/digest.h"
#include "skerry/platform/errno_error.h"
#include "skerry/platform/folder.h"
#include "skerry/platform/mapping.h"

namespace skerry::cloud {
namespace {

using platform::ErrnoError;
using platform::FileDescriptor;
using platform::Quoted;

constexpr mode_t kBlobMode = 0640;
constexpr std::uint64_t kCopyBytes = std::uint64_t{8} << 20;

Error WriteError(int number) {
  return ErrnoError(number, "cannot write to the object store");
}

Result<void> FlushFolder(const std::string& path) {
  const FileDescriptor folder(
      open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.open() || fsync(folder.number()) != 0) {
    return ErrnoError(errno, "cannot flush the folder " + Quoted(path));
  }
  return {};
}

// A blob that is there already is as good as new. False: it went away.
Result<bool> Refresh(const std::string& path, std::uint64_t byte_count) {
  if (!TouchFile(path)) return false;
  struct stat status{};
  if (stat(path.c_str(), &status) != 0) return false;
  if (static_cast<std::uint64_t>(status.st_size) != byte_count) {
    return DataLoss("blob " + Quoted(path) + " has " +
                    std::to_string(status.st_size) + " bytes, want " +
                    std::to_string(byte_count));
  }
  return true;
}

}  // namespace

bool TouchFile(const std::string& path) {
  // Still there afterwards: it was touched before anyone took it away.
  return utimensat(AT_FDCWD, path.c_str(), nullptr, 0) == 0 &&
         access(path.c_str(), F_OK) == 0;
}

FileBlobWriter::FileBlobWriter(BlobPlace place, FileDescriptor file,
                               std::string name, bool with_md5)
    : place_(std::move(place)),
      file_(std::move(file)),
      name_(std::move(name)),
      sha256_state_(Checksum::Create(ChecksumAlgorithm::kSha256)),
      md5_state_(with_md5 ? NewMd5() : nullptr) {}

FileBlobWriter::~FileBlobWriter() {
  if (!name_.empty()) unlink(name_.c_str());
}

Result<std::unique_ptr<FileBlobWriter>> FileBlobWriter::Create(
    const BlobPlace& place, bool with_md5) {
  std::string name;
  FileDescriptor file(
      open(place.incoming.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, kBlobMode));
  if (!file.open() && (errno == EOPNOTSUPP || errno == EISDIR)) {
    name = place.incoming + '/' + NewRowId();
    file = FileDescriptor(
        open(name.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, kBlobMode));
  }
  if (!file.open()) return WriteError(errno);
  return std::unique_ptr<FileBlobWriter>(
      new FileBlobWriter(place, std::move(file), std::move(name), with_md5));
}

void FileBlobWriter::Hash(std::span<const std::byte> piece) {
  sha256_state_->Update(piece);
  if (md5_state_) md5_state_->Update(piece);
  byte_count_ += piece.size();
}

Result<void> FileBlobWriter::Write(std::span<const std::byte> piece) {
  Hash(piece);
  while (!piece.empty()) {
    const ssize_t count = write(file_.number(), piece.data(), piece.size());
    if (count < 0) {
      if (errno == EINTR) continue;
      return WriteError(errno);
    }
    piece = piece.subspan(static_cast<std::size_t>(count));
  }
  return {};
}

// Shares the bytes where the file system can (XFS, Btrfs). False: not between
// these files.
Result<bool> FileBlobWriter::CopyInKernel(const FileDescriptor& file,
                                          std::uint64_t offset,
                                          std::uint64_t byte_count) {
  auto from = static_cast<off64_t>(offset);
  const auto end = static_cast<off64_t>(offset + byte_count);
  while (from < end) {
    const ssize_t count =
        copy_file_range(file.number(), &from, file_.number(), nullptr,
                        static_cast<std::size_t>(end - from), 0);
    if (count > 0 || (count < 0 && errno == EINTR)) continue;
    if (count == 0) return DataLoss("a blob became shorter");
    const bool started = from != static_cast<off64_t>(offset);
    if (!started && (errno == EXDEV || errno == EOPNOTSUPP || errno == EINVAL ||
                     errno == ENOSYS)) {
      return false;
    }
    return WriteError(errno);
  }
  return true;
}

Result<void> FileBlobWriter::Append(const FileDescriptor& file) {
  SKERRY_ASSIGN_OR_RETURN(const std::size_t file_bytes,
                          platform::FileBytes(file));
  std::vector<std::byte> buffer(std::min<std::uint64_t>(
      kCopyBytes, std::max<std::size_t>(file_bytes, 1)));
  for (std::uint64_t offset = 0; offset < file_bytes;) {
    const ssize_t count = pread(file.number(), buffer.data(), buffer.size(),
                                static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return ErrnoError(count < 0 ? errno : EIO, "a blob");
    const auto piece = std::span(buffer).first(static_cast<std::size_t>(count));
    SKERRY_ASSIGN_OR_RETURN(const bool copied,
                            CopyInKernel(file, offset, piece.size()));
    if (copied) {
      Hash(piece);
    } else {
      SKERRY_RETURN_IF_ERROR(Write(piece));
    }
    offset += piece.size();
  }
  return {};
}

Result<void> FileBlobWriter::Link(const std::string& path) {
  const std::string source =
      name_.empty() ? "/proc/self/fd/" + std::to_string(file_.number()) : name_;
  // More than once: a sweep may take away what was just in the way.
  for (int i = 0; i < 3; ++i) {
    if (linkat(AT_FDCWD, source.c_str(), AT_FDCWD, path.c_str(),
               AT_SYMLINK_FOLLOW) == 0) {
      return {};
    }
    if (errno != EEXIST) return WriteError(errno);
    SKERRY_ASSIGN_OR_RETURN(const bool there, Refresh(path, byte_count_));
    if (there) return {};
  }
  return Unavailable("blob " + Quoted(path) + " comes and goes");
}

Result<void> FileBlobWriter::Seal() {
  sha256_ = aws::Hex(sha256_state_->Finish());
  if (md5_state_) md5_ = aws::Hex(md5_state_->Finish());
  // What waits for a commit is as young as its seal.
  if (futimens(file_.number(), nullptr) != 0 || fsync(file_.number()) != 0) {
    return WriteError(errno);
  }
  const std::string folder = place_.blobs + '/' + sha256_.substr(0, 2);
  SKERRY_RETURN_IF_ERROR(Link(folder + '/' + sha256_.substr(2)));
  return FlushFolder(folder);
}

}  // namespace skerry::cloud
