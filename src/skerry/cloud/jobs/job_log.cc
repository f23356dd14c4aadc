#include "skerry/cloud/jobs/job_log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "skerry/platform/errno_error.h"
#include "skerry/platform/file.h"
#include "skerry/platform/folder.h"

namespace skerry::cloud {
namespace {

namespace fs = std::filesystem;
using platform::ErrnoError;
using platform::FileDescriptor;
using platform::Quoted;

constexpr std::string_view kFull =
    "\n(the log is full; what came later is left out)\n";
constexpr std::size_t kNameBytesMax = 63;

bool IsNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') || c == '-';
}

Result<void> WriteAll(const FileDescriptor& file, std::string_view text,
                      const std::string& path) {
  while (!text.empty()) {
    const ssize_t count = write(file.number(), text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return ErrnoError(errno, Quoted(path));
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

void Prune(const std::string& folder) {
  std::vector<std::pair<fs::file_time_type, fs::path>> files;
  std::error_code error;
  for (fs::recursive_directory_iterator entry(folder, error), end;
       !error && entry != end; entry.increment(error)) {
    std::error_code ignored;
    if (!entry->is_regular_file(ignored)) continue;
    files.emplace_back(entry->last_write_time(ignored), entry->path());
  }
  if (files.size() <= kJobLogCountMax) return;
  std::ranges::sort(files);
  files.resize(files.size() - kJobLogCountMax);
  for (const auto& [time, path] : files) fs::remove(path, error);
}

}  // namespace

Result<std::unique_ptr<JobLogs>> JobLogs::Create(const std::string& folder) {
  for (const JobKind kind : {JobKind::kCompilation, JobKind::kPackaging}) {
    SKERRY_RETURN_IF_ERROR(
        platform::MakeFolders(folder + "/" + std::string(JobKindName(kind))));
  }
  Prune(folder);
  return std::unique_ptr<JobLogs>(new JobLogs(folder));
}

Result<std::string> JobLogs::PathOf(JobKind kind,
                                    const std::string& name) const {
  if (name.empty() || name.size() > kNameBytesMax ||
      !std::ranges::all_of(name, IsNameCharacter)) {
    return InvalidArgument(Quoted(name) + " is no name of a job");
  }
  return folder_ + "/" + std::string(JobKindName(kind)) + "/" + name + ".log";
}

Result<void> JobLogs::Append(JobKind kind, const std::string& name,
                             std::string_view text) {
  SKERRY_ASSIGN_OR_RETURN(const std::string path, PathOf(kind, name));
  const std::scoped_lock lock(mutex_);
  constexpr mode_t kMode = 0600;
  const FileDescriptor file(
      open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC,
           kMode));
  if (!file.open()) return ErrnoError(errno, Quoted(path));
  SKERRY_ASSIGN_OR_RETURN(const std::size_t there, platform::FileBytes(file));
  if (there >= kJobLogBytesMax) return {};
  const std::uint64_t room = kJobLogBytesMax - there;
  SKERRY_RETURN_IF_ERROR(WriteAll(file, text.substr(0, room), path));
  return text.size() < room ? Result<void>() : WriteAll(file, kFull, path);
}

Result<JobLogPart> JobLogs::Read(JobKind kind, const std::string& name,
                                 std::uint64_t offset, std::size_t bytes_max) {
  SKERRY_ASSIGN_OR_RETURN(const std::string path, PathOf(kind, name));
  const FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.open()) {
    if (errno != ENOENT) return ErrnoError(errno, Quoted(path));
    return NotFound(std::string(JobKindName(kind)) + " job '" + name +
                    "' has no log on this server");
  }
  JobLogPart part;
  SKERRY_ASSIGN_OR_RETURN(part.byte_count, platform::FileBytes(file));
  if (offset > part.byte_count) {
    return OutOfRange("offset " + std::to_string(offset) +
                      " lies behind the log's end, " +
                      std::to_string(part.byte_count));
  }
  part.text.resize(
      std::min<std::uint64_t>(part.byte_count - offset, bytes_max));
  const ssize_t count = pread(file.number(), part.text.data(), part.text.size(),
                              static_cast<off_t>(offset));
  if (count < 0) return ErrnoError(errno, Quoted(path));
  part.text.resize(static_cast<std::size_t>(count));
  part.next_offset = offset + part.text.size();
  return part;
}

}  // namespace skerry::cloud
