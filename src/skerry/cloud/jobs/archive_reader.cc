#include "skerry/cloud/jobs/archive_reader.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <set>
#include <utility>

#include "skerry/platform/errno_error.h"

namespace skerry::cloud {
namespace {

using platform::ErrnoError;
using platform::Quoted;

constexpr std::size_t kBlockBytes = std::size_t{64} << 10;
constexpr mode_t kFileMode = 0644;
constexpr mode_t kFolderMode = 0755;

struct FreeReader {
  void operator()(archive* reader) const { archive_read_free(reader); }
};
using Handle = std::unique_ptr<archive, FreeReader>;

bool IsControl(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7F;
}

Error NoArchive(archive* reader) {
  const char* const words = archive_error_string(reader);
  return InvalidArgument(std::string("it is no .tar.gz, or it is damaged: ") +
                         (words != nullptr ? words : "no reason known"));
}

// "./a//b" as "a/b"; empty for the folder itself.
Result<std::string> CleanPath(const std::string& path,
                              const ArchiveLimits& limits) {
  if (path.size() > limits.path_bytes_max) {
    return ResourceExhausted("a path has " + std::to_string(path.size()) +
                             " bytes, limit is " +
                             std::to_string(limits.path_bytes_max));
  }
  if (path.starts_with('/')) {
    return InvalidArgument(Quoted(path) + " is not relative");
  }
  if (std::ranges::any_of(path, IsControl)) {
    return InvalidArgument("a path holds control characters");
  }
  std::string clean;
  int depth = 0;
  for (std::size_t at = 0; at < path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    const std::string part = path.substr(at, end - at);
    at = end + 1;
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      return InvalidArgument(Quoted(path) + " leads out of the archive");
    }
    if (++depth > limits.path_depth_max) {
      return ResourceExhausted(Quoted(path) + " is more than " +
                               std::to_string(limits.path_depth_max) +
                               " folders deep");
    }
    if (!clean.empty()) clean += '/';
    clean += part;
  }
  return clean;
}

class Reader {
 public:
  Reader(const ArchiveLimits& limits, ArchiveSink& sink)
      : limits_(limits), sink_(sink) {}

  Result<std::vector<ArchivedFile>> Run(
      const platform::FileDescriptor& file) && {
    SKERRY_ASSIGN_OR_RETURN(archive_bytes_, platform::FileBytes(file));
    if (lseek(file.number(), 0, SEEK_SET) != 0) {
      return ErrnoError(errno, "cannot read the archive");
    }
    reader_.reset(archive_read_new());
    if (reader_ == nullptr) return ResourceExhausted("no memory is left");
    archive* const reader = reader_.get();
    if (archive_read_support_format_tar(reader) != ARCHIVE_OK ||
        archive_read_support_filter_gzip(reader) != ARCHIVE_OK ||
        archive_read_open_fd(reader, file.number(), kBlockBytes) !=
            ARCHIVE_OK) {
      return NoArchive(reader);
    }
    while (true) {
      archive_entry* entry = nullptr;
      const int status = archive_read_next_header(reader, &entry);
      if (status == ARCHIVE_EOF) break;
      if (status != ARCHIVE_OK && status != ARCHIVE_WARN) {
        return NoArchive(reader);
      }
      // It would take archives within archives as well, and plain ones.
      constexpr int kGzipOnly = 2;  // and what reads the file
      if (archive_filter_count(reader) != kGzipOnly) {
        return InvalidArgument("it is no .tar.gz");
      }
      SKERRY_RETURN_IF_ERROR(Entry(entry));
    }
    if (entry_count_ == 0) {
      return InvalidArgument("it is no .tar.gz, or it is empty");
    }
    return std::move(files_);
  }

 private:
  Result<void> Entry(archive_entry* entry) {
    if (++entry_count_ > limits_.entry_count_max) {
      return ResourceExhausted("it holds more than " +
                               std::to_string(limits_.entry_count_max) +
                               " files");
    }
    const char* name = archive_entry_pathname_utf8(entry);
    if (name == nullptr) name = archive_entry_pathname(entry);
    if (name == nullptr) return InvalidArgument("a path cannot be read");
    SKERRY_ASSIGN_OR_RETURN(std::string path, CleanPath(name, limits_));
    const auto type = archive_entry_filetype(entry);
    const bool is_link = archive_entry_hardlink(entry) != nullptr ||
                         archive_entry_symlink(entry) != nullptr;
    if (type == AE_IFDIR && !is_link) return {};
    if (type != AE_IFREG || is_link) {
      return InvalidArgument(Quoted(path) +
                             " is neither a regular file nor a folder");
    }
    if (archive_entry_sparse_count(entry) > 0) return Sparse(path);
    if (path.empty() || !paths_.insert(path).second) {
      return InvalidArgument("the path " + Quoted(path) + " comes twice");
    }
    const auto byte_count = static_cast<std::uint64_t>(
        std::max<la_int64_t>(archive_entry_size(entry), 0));
    SKERRY_RETURN_IF_ERROR(CheckBytes(byte_count));
    SKERRY_RETURN_IF_ERROR(sink_.BeginFile(path));
    files_.push_back({std::move(path), 0});
    SKERRY_RETURN_IF_ERROR(Content());
    if (files_.back().byte_count != byte_count) {
      return InvalidArgument(Quoted(files_.back().path) +
                             " has another size than the archive says");
    }
    return {};
  }

  Result<void> Content() {
    ArchivedFile& file = files_.back();
    while (true) {
      const void* data = nullptr;
      std::size_t size = 0;
      la_int64_t offset = 0;
      const int status =
          archive_read_data_block(reader_.get(), &data, &size, &offset);
      if (status == ARCHIVE_EOF) return {};
      if (status != ARCHIVE_OK) return NoArchive(reader_.get());
      if (offset < 0 || static_cast<std::uint64_t>(offset) != file.byte_count) {
        return Sparse(file.path);
      }
      if (size == 0) continue;
      SKERRY_RETURN_IF_ERROR(CheckBytes(size));
      file.byte_count += size;
      byte_count_ += size;
      SKERRY_RETURN_IF_ERROR(
          sink_.Write({static_cast<const std::byte*>(data), size}));
    }
  }

  // Whether so many more may come.
  Result<void> CheckBytes(std::uint64_t more) const {
    if (more > limits_.byte_count_max ||
        byte_count_ > limits_.byte_count_max - more) {
      return ResourceExhausted("its files have more than " +
                               std::to_string(limits_.byte_count_max) +
                               " bytes");
    }
    const std::uint64_t allowed = std::max<std::uint64_t>(
        limits_.ratio_free_bytes, archive_bytes_ * limits_.ratio_max);
    if (byte_count_ + more > allowed) {
      return ResourceExhausted("its files have more than " +
                               std::to_string(limits_.ratio_max) +
                               " times the bytes of the archive");
    }
    return {};
  }

  static Error Sparse(const std::string& path) {
    return InvalidArgument(Quoted(path) + " is a sparse file");
  }

  const ArchiveLimits& limits_;
  ArchiveSink& sink_;
  Handle reader_;
  std::size_t archive_bytes_ = 0;
  std::size_t entry_count_ = 0;
  std::uint64_t byte_count_ = 0;
  std::set<std::string> paths_;
  std::vector<ArchivedFile> files_;
};

// Writes files below a folder that nobody else writes to.
class FolderSink final : public ArchiveSink {
 public:
  explicit FolderSink(std::string folder) : folder_(std::move(folder)) {}

  Result<void> BeginFile(const std::string& path) override {
    for (std::size_t slash = path.find('/'); slash != std::string::npos;
         slash = path.find('/', slash + 1)) {
      const std::string parent = folder_ + "/" + path.substr(0, slash);
      if (mkdir(parent.c_str(), kFolderMode) != 0 && errno != EEXIST) {
        return ErrnoError(errno, Quoted(path));
      }
      // Whatever the umask says: a user of its own reads them.
      chmod(parent.c_str(), kFolderMode);
    }
    path_ = path;
    file_ = platform::FileDescriptor(
        open((folder_ + "/" + path).c_str(),
             O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kFileMode));
    if (file_.open()) {
      fchmod(file_.number(), kFileMode);
      return {};
    }
    if (errno == ENOTDIR || errno == EISDIR || errno == EEXIST ||
        errno == ENAMETOOLONG) {
      return InvalidArgument(Quoted(path) +
                             " cannot be a file beside the others");
    }
    return ErrnoError(errno, Quoted(path));
  }

  Result<void> Write(std::span<const std::byte> piece) override {
    while (!piece.empty()) {
      const ssize_t count = write(file_.number(), piece.data(), piece.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return ErrnoError(errno, Quoted(path_));
      piece = piece.subspan(static_cast<std::size_t>(count));
    }
    return {};
  }

 private:
  std::string folder_;
  std::string path_;
  platform::FileDescriptor file_;
};

}  // namespace

Result<std::vector<ArchivedFile>> ReadArchive(
    const platform::FileDescriptor& archive, const ArchiveLimits& limits,
    ArchiveSink& sink) {
  return Reader(limits, sink).Run(archive);
}

Result<std::vector<ArchivedFile>> ExtractArchive(
    const platform::FileDescriptor& archive, const ArchiveLimits& limits,
    const std::string& folder) {
  FolderSink sink(folder);
  return ReadArchive(archive, limits, sink);
}

}  // namespace skerry::cloud
