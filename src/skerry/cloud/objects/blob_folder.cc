#include "skerry/cloud/objects/blob_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <ctime>
#include <utility>

#include "skerry/cloud/objects/blob_writer.h"
#include "skerry/platform/errno_error.h"
#include "skerry/platform/folder.h"

namespace skerry::cloud {
namespace {

using platform::ErrnoError;
using platform::Quoted;

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::size_t kDigestDigits = 64;
// Others read a blob while a sweep has it aside; it is back at once.
constexpr int kOpenTries = 20;
constexpr timespec kOpenPause = {.tv_sec = 0, .tv_nsec = 5'000'000};

bool IsDigest(std::string_view text) {
  return text.size() == kDigestDigits &&
         text.find_first_not_of(kHexDigits) == std::string_view::npos;
}

struct FileAge {
  bool found = false;
  std::chrono::seconds age = {};
  std::uint64_t byte_count = 0;
};

FileAge AgeOf(const std::string& path) {
  struct stat status{};
  if (lstat(path.c_str(), &status) != 0) return {};
  const auto age = std::time(nullptr) - status.st_mtime;
  return {true, std::chrono::seconds(age),
          static_cast<std::uint64_t>(status.st_size)};
}

// The folder's files, whose names are collected first: they will move.
std::vector<std::string> FilesOf(const std::string& folder) {
  std::vector<std::string> names;
  platform::VisitFiles(
      folder, [&names](std::string_view path) { names.emplace_back(path); });
  return names;
}

// All 256 at once, so that no put has to make one, with one flush.
Result<void> MakeBlobFolders(const std::string& folder) {
  constexpr mode_t kFolderMode = 0777;  // less the process's umask
  for (const char high : kHexDigits) {
    for (const char low : kHexDigits) {
      const std::string path = folder + '/' + high + low;
      if (mkdir(path.c_str(), kFolderMode) != 0 && errno != EEXIST) {
        return ErrnoError(errno, "cannot make the folder " + Quoted(path));
      }
    }
  }
  const platform::FileDescriptor opened(
      open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened.open() || fsync(opened.number()) != 0) {
    return ErrnoError(errno, "cannot flush the folder " + Quoted(folder));
  }
  return {};
}

}  // namespace

Result<BlobFolder> BlobFolder::Create(const std::string& folder) {
  BlobFolder blobs(folder);
  for (const char* const name : {"/incoming", "/aside"}) {
    SKERRY_RETURN_IF_ERROR(platform::MakeFolders(folder + name));
  }
  SKERRY_RETURN_IF_ERROR(platform::MakeFolders(folder + "/sha256"));
  SKERRY_RETURN_IF_ERROR(MakeBlobFolders(folder + "/sha256"));
  SKERRY_RETURN_IF_ERROR(platform::CheckFolderWritable(folder + "/incoming"));
  return blobs;
}

std::string BlobFolder::PathOf(const std::string& sha256) const {
  return folder_ + "/sha256/" + sha256.substr(0, 2) + '/' + sha256.substr(2);
}

std::string BlobFolder::AsidePath(const std::string& sha256) const {
  return folder_ + "/aside/" + sha256;
}

Result<std::unique_ptr<BlobWriter>> BlobFolder::NewBlob(bool with_md5) const {
  SKERRY_ASSIGN_OR_RETURN(
      std::unique_ptr<BlobWriter> writer,
      FileBlobWriter::Create(
          {.incoming = folder_ + "/incoming", .blobs = folder_ + "/sha256"},
          with_md5));
  return writer;
}

Result<std::unique_ptr<BlobWriter>> BlobFolder::Join(
    const std::vector<std::string>& parts) const {
  SKERRY_ASSIGN_OR_RETURN(
      auto writer, FileBlobWriter::Create({.incoming = folder_ + "/incoming",
                                           .blobs = folder_ + "/sha256"},
                                          false));
  for (const std::string& part : parts) {
    SKERRY_ASSIGN_OR_RETURN(const platform::FileDescriptor file, Open(part));
    SKERRY_RETURN_IF_ERROR(writer->Append(file));
  }
  SKERRY_RETURN_IF_ERROR(writer->Seal());
  return std::unique_ptr<BlobWriter>(std::move(writer));
}

Result<platform::FileDescriptor> BlobFolder::Open(
    const std::string& sha256) const {
  if (!IsDigest(sha256)) return DataLoss("no blob's name: " + Quoted(sha256));
  for (int i = 0;; ++i) {
    auto file = platform::OpenForReading(PathOf(sha256));
    if (file || file.error().code() != ErrorCode::kNotFound) return file;
    if (i == kOpenTries || access(AsidePath(sha256).c_str(), F_OK) != 0) {
      return platform::OpenForReading(PathOf(sha256));
    }
    nanosleep(&kOpenPause, nullptr);
  }
}

Result<void> BlobFolder::Touch(const std::string& sha256) const {
  const std::string path = PathOf(sha256);
  for (int i = 0; i < kOpenTries; ++i) {
    SKERRY_ASSIGN_OR_RETURN(const auto file, Open(sha256));
    if (TouchFile(path)) return {};
  }
  return Unavailable("blob " + Quoted(path) + " comes and goes");
}

Result<void> BlobFolder::SweepBlob(const std::string& sha256,
                                   std::chrono::seconds grace,
                                   const IsUsed& is_used,
                                   SweepReport& report) const {
  const std::string path = PathOf(sha256);
  const std::string aside = AsidePath(sha256);
  const FileAge before = AgeOf(path);
  if (!before.found || before.age <= grace) return {};
  SKERRY_ASSIGN_OR_RETURN(const bool used, is_used(sha256));
  if (used || rename(path.c_str(), aside.c_str()) != 0) return {};
  // Nobody can touch it under its name any more: what is true now stays true.
  const auto used_now = is_used(sha256);
  const FileAge now = AgeOf(aside);
  if (used_now && !*used_now && now.found && now.age > grace) {
    SKERRY_RETURN_IF_ERROR(platform::RemoveFile(aside));
    ++report.blobs_removed;
    report.bytes_removed += now.byte_count;
    return {};
  }
  // A writer may have put the same in its place meanwhile: as good.
  if (rename(aside.c_str(), path.c_str()) != 0 && errno != ENOENT) {
    return ErrnoError(errno, Quoted(path));
  }
  if (!used_now) return used_now.error();
  return {};
}

// What a sweep that was killed had in its hands.
Result<void> BlobFolder::SweepAside(std::chrono::seconds grace,
                                    const IsUsed& is_used,
                                    SweepReport& report) const {
  for (const std::string& name : FilesOf(folder_ + "/aside")) {
    if (!IsDigest(name)) continue;
    SKERRY_ASSIGN_OR_RETURN(const bool used, is_used(name));
    const FileAge now = AgeOf(AsidePath(name));
    if (!now.found) continue;
    if (used || now.age <= grace) {
      if (rename(AsidePath(name).c_str(), PathOf(name).c_str()) != 0 &&
          errno != ENOENT) {
        return ErrnoError(errno, Quoted(PathOf(name)));
      }
      continue;
    }
    SKERRY_RETURN_IF_ERROR(platform::RemoveFile(AsidePath(name)));
    ++report.blobs_removed;
    report.bytes_removed += now.byte_count;
  }
  return {};
}

void BlobFolder::SweepIncoming(std::chrono::seconds grace) const {
  for (const std::string& name : FilesOf(folder_ + "/incoming")) {
    const std::string path = folder_ + "/incoming/" + name;
    const FileAge age = AgeOf(path);
    // Another program's upload may be slow: it grows, and so stays young.
    if (age.found && age.age > grace) (void)platform::RemoveFile(path);
  }
}

Result<SweepReport> BlobFolder::Sweep(std::chrono::seconds grace,
                                      const IsUsed& is_used) const {
  SweepReport report;
  SKERRY_RETURN_IF_ERROR(SweepAside(grace, is_used, report));
  SweepIncoming(grace);
  for (const char high : kHexDigits) {
    for (const char low : kHexDigits) {
      const std::string start{high, low};
      for (const std::string& rest : FilesOf(folder_ + "/sha256/" + start)) {
        if (!IsDigest(start + rest)) continue;
        SKERRY_RETURN_IF_ERROR(SweepBlob(start + rest, grace, is_used, report));
      }
    }
  }
  return report;
}

}  // namespace skerry::cloud
