#include "skerry/cloud/jobs/archive_writer.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>

#include "skerry/platform/errno_error.h"

namespace skerry::cloud {
namespace {

using platform::Quoted;

constexpr mode_t kMemberMode = 0644;

struct FreeWriter {
  void operator()(archive* writer) const { archive_write_free(writer); }
  void operator()(archive_entry* entry) const { archive_entry_free(entry); }
};

class Writer {
 public:
  explicit Writer(const std::string& path)
      : path_(path), writer_(archive_write_new()) {}

  Result<void> Run(const std::vector<ArchiveSource>& sources) {
    if (writer_ == nullptr) return ResourceExhausted("no memory is left");
    const platform::FileDescriptor file(open(
        path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kMemberMode));
    if (!file.open()) return platform::ErrnoError(errno, Quoted(path_));
    archive* const writer = writer_.get();
    // A gzip header has a time, unless it is told not to.
    SKERRY_RETURN_IF_ERROR(Check(archive_write_set_format_ustar(writer)));
    SKERRY_RETURN_IF_ERROR(Check(archive_write_add_filter_gzip(writer)));
    SKERRY_RETURN_IF_ERROR(
        Check(archive_write_set_options(writer, "gzip:!timestamp")));
    SKERRY_RETURN_IF_ERROR(Check(archive_write_open_fd(writer, file.number())));
    for (const ArchiveSource& source : sources) {
      SKERRY_RETURN_IF_ERROR(Add(source));
    }
    SKERRY_RETURN_IF_ERROR(Check(archive_write_close(writer)));
    if (fsync(file.number()) != 0) {
      return platform::ErrnoError(errno, Quoted(path_));
    }
    return {};
  }

 private:
  Result<void> Check(int status) const {
    if (status == ARCHIVE_OK) return {};
    const int number = archive_errno(writer_.get());
    if (number == ENOSPC) return platform::ErrnoError(number, Quoted(path_));
    const char* const words = archive_error_string(writer_.get());
    return Internal(Quoted(path_) + ": " +
                    (words != nullptr ? words : "cannot be written"));
  }

  Result<void> AddHeader(const std::string& name, std::size_t byte_count) {
    const std::unique_ptr<archive_entry, FreeWriter> entry(archive_entry_new());
    if (entry == nullptr) return ResourceExhausted("no memory is left");
    archive_entry_set_pathname(entry.get(), name.c_str());
    archive_entry_set_filetype(entry.get(), AE_IFREG);
    archive_entry_set_perm(entry.get(), kMemberMode);
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(byte_count));
    archive_entry_set_mtime(entry.get(), 0, 0);
    return Check(archive_write_header(writer_.get(), entry.get()));
  }

  Result<void> AddData(const char* data, std::size_t size) {
    while (size > 0) {
      const la_ssize_t count = archive_write_data(writer_.get(), data, size);
      if (count <= 0) return Check(ARCHIVE_FATAL);
      data += count;
      size -= static_cast<std::size_t>(count);
    }
    return {};
  }

  Result<void> Add(const ArchiveSource& source) {
    if (source.path.empty()) {
      SKERRY_RETURN_IF_ERROR(AddHeader(source.name, source.text.size()));
      return AddData(source.text.data(), source.text.size());
    }
    SKERRY_ASSIGN_OR_RETURN(const platform::FileDescriptor file,
                            platform::OpenForReading(source.path));
    SKERRY_ASSIGN_OR_RETURN(std::size_t left, platform::FileBytes(file));
    SKERRY_RETURN_IF_ERROR(AddHeader(source.name, left));
    std::vector<char> buffer(std::size_t{256} << 10);
    while (left > 0) {
      const ssize_t count =
          read(file.number(), buffer.data(), std::min(left, buffer.size()));
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) {
        return platform::ErrnoError(count < 0 ? errno : EIO,
                                    Quoted(source.path));
      }
      SKERRY_RETURN_IF_ERROR(
          AddData(buffer.data(), static_cast<std::size_t>(count)));
      left -= static_cast<std::size_t>(count);
    }
    return {};
  }

  const std::string& path_;
  std::unique_ptr<archive, FreeWriter> writer_;
};

}  // namespace

Result<void> WriteArchive(const std::string& path,
                          std::vector<ArchiveSource> sources) {
  std::ranges::sort(sources, {}, &ArchiveSource::name);
  return Writer(path).Run(sources);
}

}  // namespace skerry::cloud
