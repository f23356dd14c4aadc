#include "skerry/platform/shared_memory.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <string_view>
#include <utility>

#include "skerry/platform/errno_error.h"
#include "skerry/platform/file.h"
#include "skerry/platform/memory_trap.h"

namespace skerry::platform {
namespace {

constexpr mode_t kPermissionBits = 0777;

struct Owner {
  uid_t user;
  mode_t mode;
};

class MappedMemory final : public SharedMemory {
 public:
  using Unmap = void (*)(std::span<std::byte>);

  // Owns the mapping from here on, by way of `unmap`.
  MappedMemory(std::span<std::byte> bytes, bool writable, Owner owner,
               Unmap unmap)
      : bytes_(bytes), writable_(writable), owner_(owner), unmap_(unmap) {}
  MappedMemory(const MappedMemory&) = delete;
  MappedMemory& operator=(const MappedMemory&) = delete;
  ~MappedMemory() override {
    const bool whole = intact();
    trap_ = MemoryTrap();  // first: nobody may watch what others may map
    if (whole) {
      unmap_(bytes_);
    } else {  // shmdt would leave the zeros behind
      munmap(bytes_.data(), bytes_.size());
    }
  }

  Result<void> Watch() {
    SKERRY_ASSIGN_OR_RETURN(trap_, MemoryTrap::Watch(bytes_, writable_));
    return {};
  }

  std::span<std::byte> bytes() const override { return bytes_; }
  bool writable() const override { return writable_; }
  bool intact() const override { return !trap_.sprung(); }
  uid_t owner() const override { return owner_.user; }
  mode_t mode() const override { return owner_.mode; }

 private:
  std::span<std::byte> bytes_;
  bool writable_;
  Owner owner_;
  Unmap unmap_;
  MemoryTrap trap_;
};

Result<std::shared_ptr<const SharedMemory>> Watched(
    std::shared_ptr<MappedMemory> memory) {
  SKERRY_RETURN_IF_ERROR(memory->Watch());
  return std::shared_ptr<const SharedMemory>(std::move(memory));
}

Result<void> CheckSize(std::uint64_t byte_size, std::string_view what) {
  if (byte_size == 0) return InvalidArgument(std::string(what) + " is empty");
  if (byte_size <= kSharedMemoryBytesMax) return {};
  return InvalidArgument(std::string(what) + " has " +
                         std::to_string(byte_size) + " bytes, the limit is " +
                         std::to_string(kSharedMemoryBytesMax));
}

bool IsRefusal(int number) { return number == EACCES || number == EPERM; }

// Maps all of `file`. A segment that is sealed against writing says EPERM.
Result<std::shared_ptr<const SharedMemory>> MapFile(const FileDescriptor& file,
                                                    bool writable,
                                                    std::string_view what) {
  struct stat status{};
  if (fstat(file.number(), &status) != 0) return ErrnoError(errno, what);
  if (!S_ISREG(status.st_mode)) {
    return InvalidArgument(std::string(what) + " is no memory");
  }
  const auto byte_size = static_cast<std::uint64_t>(status.st_size);
  SKERRY_RETURN_IF_ERROR(CheckSize(byte_size, what));
  void* const start =
      mmap(nullptr, byte_size, PROT_READ | (writable ? PROT_WRITE : 0),
           MAP_SHARED | MAP_NORESERVE, file.number(), 0);
  if (start == MAP_FAILED) return ErrnoError(errno, what);
  return Watched(std::make_shared<MappedMemory>(
      std::span(static_cast<std::byte*>(start), byte_size), writable,
      Owner{status.st_uid, status.st_mode & kPermissionBits},
      [](std::span<std::byte> bytes) { munmap(bytes.data(), bytes.size()); }));
}

// Opens by `open_with(flags)` and maps, to read and write if that is allowed.
template <class Open>
Result<std::shared_ptr<const SharedMemory>> OpenAndMap(Open open_with,
                                                       std::string_view what) {
  FileDescriptor file(open_with(O_RDWR | O_CLOEXEC));
  if (!file.open() && !IsRefusal(errno)) return ErrnoError(errno, what);
  if (file.open()) {
    Result<std::shared_ptr<const SharedMemory>> memory =
        MapFile(file, true, what);
    if (memory || memory.error().code() != ErrorCode::kPermissionDenied) {
      return memory;
    }
  }
  file = FileDescriptor(open_with(O_RDONLY | O_CLOEXEC));
  if (!file.open()) return ErrnoError(errno, what);
  return MapFile(file, false, what);
}

Error SystemVError(int number, int id) {
  const std::string what = "shared memory segment " + std::to_string(id);
  // How System V says that there is none.
  if (number == EINVAL || number == EIDRM) {
    return NotFound(what + ": no such segment");
  }
  return ErrnoError(number, what);
}

// What stands behind an open descriptor, as the system names it.
std::string LinkOf(const FileDescriptor& file) {
  std::array<char, 64> text{};
  const std::string path = "/proc/self/fd/" + std::to_string(file.number());
  const ssize_t count = readlink(path.c_str(), text.data(), text.size());
  return {text.data(), static_cast<std::size_t>(count > 0 ? count : 0)};
}

bool IsMemoryFile(const FileDescriptor& file) {
  struct statfs status{};
  return fstatfs(file.number(), &status) == 0 && status.f_type == TMPFS_MAGIC &&
         LinkOf(file).starts_with("/memfd:");
}

}  // namespace

Result<SystemVStatus> StatusOfSystemV(int id) {
  shmid_ds status{};
  if (shmctl(id, IPC_STAT, &status) != 0) return SystemVError(errno, id);
  return SystemVStatus{
      .owner = status.shm_perm.uid,
      .mode = static_cast<mode_t>(status.shm_perm.mode) & kPermissionBits,
      .byte_size = status.shm_segsz,
      .attach_count = status.shm_nattch,
      .removed = (status.shm_perm.mode & SHM_DEST) != 0};
}

Result<std::shared_ptr<const SharedMemory>> SharedMemory::AttachSystemV(
    int id) {
  void* const start = shmat(id, nullptr, SHM_RDONLY);
  if (reinterpret_cast<std::intptr_t>(start) == -1) {
    return SystemVError(errno, id);
  }
  const auto detach = [](std::span<std::byte> bytes) { shmdt(bytes.data()); };
  // Asked after attaching: the number cannot pass to another segment now.
  const Result<SystemVStatus> status = StatusOfSystemV(id);
  const std::string what = "shared memory segment " + std::to_string(id);
  const Result<void> fits =
      status ? CheckSize(status->byte_size, what) : status.error();
  if (!fits) {
    shmdt(start);
    return fits.error();
  }
  return Watched(std::make_shared<MappedMemory>(
      std::span(static_cast<std::byte*>(start), status->byte_size), false,
      Owner{status->owner, status->mode}, detach));
}

Result<std::shared_ptr<const SharedMemory>> SharedMemory::OpenPosix(
    const std::string& name) {
  const std::string what = "shared memory " + Quoted(name);
  const std::string_view rest =
      std::string_view(name).substr(name.empty() ? 0 : 1);
  if (!name.starts_with('/') || rest.empty() || rest == "." || rest == ".." ||
      rest.find('/') != std::string_view::npos ||
      rest.find('\0') != std::string_view::npos) {
    return InvalidArgument(what + ": want a slash and then a name without any");
  }
  // It follows no links.
  return OpenAndMap(
      [&name](int flags) { return shm_open(name.c_str(), flags, 0); }, what);
}

Result<std::shared_ptr<const SharedMemory>> SharedMemory::OpenOfProcess(
    pid_t process, int number) {
  const std::string path =
      "/proc/" + std::to_string(process) + "/fd/" + std::to_string(number);
  // Held, but not opened, until we know what it is: opening a device or a
  // pipe may do things, and the other process may put one there at any time.
  const FileDescriptor handle(open(path.c_str(), O_PATH | O_CLOEXEC));
  const std::string what = "descriptor " + std::to_string(number) +
                           " of process " + std::to_string(process);
  if (!handle.open()) return ErrnoError(errno, what);
  if (!IsMemoryFile(handle)) {
    return InvalidArgument(what + " is no file in memory (memfd)");
  }
  const std::string held = "/proc/self/fd/" + std::to_string(handle.number());
  return OpenAndMap([&held](int flags) { return open(held.c_str(), flags); },
                    what);
}

}  // namespace skerry::platform
