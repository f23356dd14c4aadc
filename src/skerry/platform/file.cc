#include "skerry/platform/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "skerry/platform/errno_error.h"

namespace skerry::platform {
namespace {

constexpr mode_t kNewFileMode = 0666;  // less the process's umask
constexpr std::size_t kReadBytes = std::size_t{64} << 10;

// Removes a file that did not become what it should.
class PartialFile {
 public:
  explicit PartialFile(std::string path) : path_(std::move(path)) {}
  ~PartialFile() {
    if (!path_.empty()) unlink(path_.c_str());
  }
  PartialFile(const PartialFile&) = delete;
  PartialFile& operator=(const PartialFile&) = delete;

  const std::string& path() const { return path_; }
  void Keep() { path_.clear(); }

 private:
  std::string path_;
};

Result<void> WriteAll(const FileDescriptor& file,
                      std::span<const std::byte> content,
                      std::string_view what) {
  while (!content.empty()) {
    const ssize_t count = write(file.number(), content.data(), content.size());
    if (count < 0) {
      if (errno == EINTR) continue;
      return ErrnoError(errno, what);
    }
    content = content.subspan(static_cast<std::size_t>(count));
  }
  return {};
}

Result<void> CheckReplaceable(const std::string& path) {
  struct stat status{};
  if (stat(path.c_str(), &status) != 0 || S_ISREG(status.st_mode)) return {};
  return InvalidArgument("cannot write " + Quoted(path) +
                         ": it is no regular file");
}

// A rename is on the disk once the folder is. Some file systems cannot flush
// folders; there is nothing better to do then.
void FlushFolderOf(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string folder =
      slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const FileDescriptor opened(
      open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened.open()) fsync(opened.number());
}

}  // namespace

void FileDescriptor::Close() {
  if (number_ >= 0) close(number_);
  number_ = -1;
}

Result<FileDescriptor> OpenForReading(const std::string& path) {
  FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.open()) return ErrnoError(errno, Quoted(path));
  return file;
}

Result<std::size_t> FileBytes(const FileDescriptor& file) {
  struct stat status{};
  if (fstat(file.number(), &status) != 0) {
    return ErrnoError(errno, "cannot look at the file");
  }
  if (!S_ISREG(status.st_mode)) return InvalidArgument("not a regular file");
  return static_cast<std::size_t>(status.st_size);
}

Result<std::vector<std::byte>> ReadFile(const std::string& path,
                                        std::size_t bytes_max) {
  SKERRY_ASSIGN_OR_RETURN(const FileDescriptor file, OpenForReading(path));
  // The size is a hint only: files grow, and those of /proc have none. One
  // byte more than it, so that the end is seen without growing the buffer.
  std::size_t expected = FileBytes(file).value_or(0);
  if (expected > bytes_max) expected = bytes_max;
  std::vector<std::byte> content(expected + 1);
  std::size_t used = 0;
  while (true) {
    if (used == content.size()) content.resize(used + kReadBytes);
    const ssize_t count =
        read(file.number(), content.data() + used, content.size() - used);
    if (count < 0) {
      if (errno == EINTR) continue;
      return ErrnoError(errno, Quoted(path));
    }
    if (count == 0) break;
    used += static_cast<std::size_t>(count);
    if (used > bytes_max) {
      return ResourceExhausted(Quoted(path) + " holds more than " +
                               std::to_string(bytes_max) + " bytes, the limit");
    }
  }
  content.resize(used);
  return content;
}

Result<std::string> ReadTextFile(const std::string& path,
                                 std::size_t bytes_max) {
  SKERRY_ASSIGN_OR_RETURN(const std::vector<std::byte> content,
                          ReadFile(path, bytes_max));
  return std::string(reinterpret_cast<const char*>(content.data()),
                     content.size());
}

Result<void> WriteFile(const std::string& path,
                       std::span<const std::byte> content) {
  static std::atomic<unsigned> serial = 0;
  const std::string what = "cannot write " + Quoted(path);
  SKERRY_RETURN_IF_ERROR(CheckReplaceable(path));

  PartialFile partial(path + ".partial-" + std::to_string(getpid()) + "-" +
                      std::to_string(serial.fetch_add(1)));
  FileDescriptor file(open(
      partial.path().c_str(),
      O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, kNewFileMode));
  if (!file.open()) {
    const int number = errno;
    partial.Keep();
    return ErrnoError(number, what);
  }
  SKERRY_RETURN_IF_ERROR(WriteAll(file, content, what));
  if (fsync(file.number()) != 0) return ErrnoError(errno, what);
  file.Close();
  if (rename(partial.path().c_str(), path.c_str()) != 0) {
    return ErrnoError(errno, what);
  }
  partial.Keep();
  FlushFolderOf(path);
  return {};
}

Result<void> WriteTextFile(const std::string& path, std::string_view content) {
  return WriteFile(path, std::as_bytes(std::span(content)));
}

Result<FileDescriptor> MakeMemoryFile(std::span<const std::byte> content) {
  FileDescriptor file(
      memfd_create("skerry-model", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  constexpr std::string_view kWhat = "cannot make a file in memory";
  if (!file.open()) return ErrnoError(errno, kWhat);
  SKERRY_RETURN_IF_ERROR(WriteAll(file, content, kWhat));
  const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;
  if (fcntl(file.number(), F_ADD_SEALS, seals) != 0) {
    return ErrnoError(errno, kWhat);
  }
  return file;
}

Result<FileDescriptor> MakeSharedFile(std::size_t byte_count) {
  FileDescriptor file(
      memfd_create("skerry-shared", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
  if (!file.open() ||
      ftruncate(file.number(), static_cast<off_t>(byte_count)) != 0 ||
      fcntl(file.number(), F_ADD_SEALS, seals) != 0) {
    return ErrnoError(errno, "cannot make a file in memory of " +
                                 std::to_string(byte_count) + " bytes");
  }
  return file;
}

}  // namespace skerry::platform
