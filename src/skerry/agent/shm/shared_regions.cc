#include "skerry/agent/shm/shared_regions.h"

#include <charconv>
#include <limits>
#include <map>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string_view>
#include <utility>

#include "skerry/agent/shm/sweeper.h"
#include "skerry/agent/shm/system_v_cache.h"
#include "skerry/platform/process.h"

namespace skerry::agent {
namespace {

using platform::FileDescriptor;
using platform::SharedMemory;
using MemoryPointer = std::shared_ptr<const SharedMemory>;

constexpr uid_t kRoot = 0;
constexpr std::string_view kDescriptorKey = "memfd:";
constexpr std::chrono::seconds kSweepPeriod{2};
// Nobody may write or execute.
constexpr mode_t kForbiddenMode = 0333;

struct Region {
  SharedRegions::Status status;
  uid_t user = kRoot;
  MemoryPointer memory;
  // Of a descriptor: the process that has it, with which the region ends.
  std::shared_ptr<const FileDescriptor> process;
};

bool MayUse(const Peer& peer, uid_t user) {
  return peer.user == user || peer.user == kRoot;
}

Result<void> CheckLocal(const Peer& peer) {
  if (peer.local()) return {};
  return PermissionDenied(
      "shared memory is for clients on the unix socket of this machine");
}

std::string Named(std::string_view name) {
  return std::string("region '").append(name) + "'";
}

Result<void> CheckOwner(const Peer& peer, uid_t owner,
                        const std::string& what) {
  if (MayUse(peer, owner)) return {};
  return PermissionDenied(what + " belongs to user " + std::to_string(owner) +
                          ", the client is user " + std::to_string(peer.user));
}

Result<void> CheckPart(std::uint64_t offset, std::uint64_t byte_size,
                       std::uint64_t whole, const std::string& what) {
  if (offset <= whole && byte_size <= whole - offset) return {};
  return InvalidArgument(std::to_string(byte_size) + " bytes at offset " +
                         std::to_string(offset) + " of " + what + ": it has " +
                         std::to_string(whole) + " bytes");
}

// The number of the descriptor that `key` names; nothing if it names none.
std::optional<int> DescriptorOf(std::string_view key) {
  const char* const end = key.data() + key.size();
  int number = -1;
  const auto [rest, error] =
      std::from_chars(key.data() + kDescriptorKey.size(), end, number);
  if (error != std::errc() || rest != end || number < 0) return std::nullopt;
  return number;
}

Result<MemoryPointer> OpenMemory(const std::string& key, const Peer& peer) {
  if (!key.starts_with(kDescriptorKey)) {
    // As the C library has it, the first slash may be missing or doubled.
    const std::size_t start = key.find_first_not_of('/');
    return SharedMemory::OpenPosix(
        start == std::string::npos ? key : '/' + key.substr(start));
  }
  const std::optional<int> number = DescriptorOf(key);
  if (!number) {
    return InvalidArgument("key '" + key +
                           "': want 'memfd:' and a descriptor's number");
  }
  return SharedMemory::OpenOfProcess(peer.process, *number);
}

SharedSpan Part(const MemoryPointer& memory, std::uint64_t offset,
                std::uint64_t byte_size) {
  return {memory->bytes().subspan(offset, byte_size), memory};
}

// Handles of processes, one for all regions of a process.
class ProcessHandles {
 public:
  Result<std::shared_ptr<const FileDescriptor>> Get(pid_t process) {
    const std::scoped_lock lock(mutex_);
    std::erase_if(handles_,
                  [](const auto& entry) { return entry.second.expired(); });
    if (auto handle = handles_[process].lock();
        handle != nullptr && !platform::HasEnded(*handle)) {
      return handle;
    }
    SKERRY_ASSIGN_OR_RETURN(FileDescriptor opened,
                            platform::OpenProcess(process));
    auto handle = std::make_shared<const FileDescriptor>(std::move(opened));
    handles_[process] = handle;
    return handle;
  }

 private:
  std::mutex mutex_;
  std::map<pid_t, std::weak_ptr<const FileDescriptor>> handles_;
};

class SharedRegionsImpl final : public SharedRegions {
 public:
  Result<void> Register(const std::string& name, const std::string& key,
                        std::uint64_t offset, std::uint64_t byte_size,
                        const Peer& peer) override;
  Result<void> Unregister(const std::string& name, const Peer& peer) override;
  Result<std::vector<Status>> List(const std::string& name) const override;
  Result<SharedSpan> Find(const std::string& name, std::uint64_t offset,
                          std::uint64_t byte_size,
                          const Peer& peer) const override;
  Result<SharedSpan> SystemV(std::uint64_t id, std::uint64_t offset,
                             std::uint64_t byte_size,
                             const Peer& peer) override;

 private:
  using Map = std::map<std::string, Region>;

  Result<Region> Open(Status status, const Peer& peer);
  Result<void> CheckRoom(const std::string& name) const;
  bool Sweep();

  mutable std::shared_mutex mutex_;  // exclusive to change the map only
  Map regions_;
  ProcessHandles processes_;
  SystemVCache system_v_;
  Sweeper sweeper_{kSweepPeriod, [this] { return Sweep(); }};
};

Result<void> SharedRegionsImpl::CheckRoom(const std::string& name) const {
  if (regions_.contains(name)) {
    return AlreadyExists(Named(name) + " is registered already");
  }
  if (regions_.size() < kSharedRegionCountMax) return {};
  return ResourceExhausted("there are " +
                           std::to_string(kSharedRegionCountMax) +
                           " regions of shared memory, the limit");
}

Result<Region> SharedRegionsImpl::Open(Status status, const Peer& peer) {
  const std::string what = Named(status.name);
  Region region;
  if (status.key.starts_with(kDescriptorKey)) {
    SKERRY_ASSIGN_OR_RETURN(region.process, processes_.Get(peer.process));
  }
  SKERRY_ASSIGN_OR_RETURN(region.memory, OpenMemory(status.key, peer));
  SKERRY_RETURN_IF_ERROR(CheckOwner(peer, region.memory->owner(), what));
  SKERRY_RETURN_IF_ERROR(CheckPart(status.offset, status.byte_size,
                                   region.memory->bytes().size(), what));
  region.user = peer.user;
  region.status = std::move(status);
  return region;
}

Result<void> SharedRegionsImpl::Register(const std::string& name,
                                         const std::string& key,
                                         std::uint64_t offset,
                                         std::uint64_t byte_size,
                                         const Peer& peer) {
  SKERRY_RETURN_IF_ERROR(CheckLocal(peer));
  if (name.empty() || name.size() > kSharedRegionNameBytesMax) {
    return InvalidArgument("a region's name has 1 to " +
                           std::to_string(kSharedRegionNameBytesMax) +
                           " bytes, this one has " +
                           std::to_string(name.size()));
  }
  {
    const std::shared_lock lock(mutex_);
    SKERRY_RETURN_IF_ERROR(CheckRoom(name));
  }
  Result<Region> opened = Open({name, key, offset, byte_size}, peer);
  if (!opened) return opened.error().WithContext(Named(name));
  const bool ends = opened->process != nullptr;
  {
    const std::scoped_lock lock(mutex_);
    SKERRY_RETURN_IF_ERROR(CheckRoom(name));  // others may have been faster
    regions_.emplace(name, std::move(*opened));
  }
  if (ends) sweeper_.Wake();
  return {};
}

Result<void> SharedRegionsImpl::Unregister(const std::string& name,
                                           const Peer& peer) {
  SKERRY_RETURN_IF_ERROR(CheckLocal(peer));
  std::vector<Map::node_type> old;  // unmapped after the lock is given back
  const std::scoped_lock lock(mutex_);
  if (!name.empty()) {
    const auto found = regions_.find(name);
    if (found == regions_.end()) return {};
    SKERRY_RETURN_IF_ERROR(CheckOwner(peer, found->second.user, Named(name)));
    old.push_back(regions_.extract(found));
    return {};
  }
  for (auto next = regions_.begin(); next != regions_.end();) {
    const auto region = next++;
    if (region->second.user != peer.user) continue;
    old.push_back(regions_.extract(region));
  }
  return {};
}

Result<std::vector<SharedRegions::Status>> SharedRegionsImpl::List(
    const std::string& name) const {
  std::vector<Status> list;
  const std::shared_lock lock(mutex_);
  if (name.empty()) {
    for (const auto& [_, region] : regions_) list.push_back(region.status);
    return list;
  }
  const auto found = regions_.find(name);
  if (found == regions_.end()) return NotFound("no " + Named(name));
  list.push_back(found->second.status);
  return list;
}

Result<SharedSpan> SharedRegionsImpl::Find(const std::string& name,
                                           std::uint64_t offset,
                                           std::uint64_t byte_size,
                                           const Peer& peer) const {
  SKERRY_RETURN_IF_ERROR(CheckLocal(peer));
  const std::shared_lock lock(mutex_);
  const auto found = regions_.find(name);
  if (found == regions_.end()) return NotFound("no " + Named(name));
  const Region& region = found->second;
  SKERRY_RETURN_IF_ERROR(CheckOwner(peer, region.user, Named(name)));
  if (!region.memory->intact()) {
    return InvalidArgument(Named(name) +
                           ": its memory has shrunk; register it again");
  }
  SKERRY_RETURN_IF_ERROR(
      CheckPart(offset, byte_size, region.status.byte_size, Named(name)));
  return Part(region.memory, region.status.offset + offset, byte_size);
}

Result<SharedSpan> SharedRegionsImpl::SystemV(std::uint64_t id,
                                              std::uint64_t offset,
                                              std::uint64_t byte_size,
                                              const Peer& peer) {
  SKERRY_RETURN_IF_ERROR(CheckLocal(peer));
  const std::string what = "shared memory segment " + std::to_string(id);
  if (id > static_cast<std::uint64_t>(std::numeric_limits<int>::max())) {
    return NotFound(what + ": no such segment");
  }
  const int number = static_cast<int>(id);
  MemoryPointer memory = system_v_.Find(number);
  const bool is_new = memory == nullptr;
  if (is_new) {
    SKERRY_ASSIGN_OR_RETURN(memory, SharedMemory::AttachSystemV(number));
  }
  // Each time: permissions may have changed. After attaching, so that it is
  // the same segment that is looked at.
  SKERRY_ASSIGN_OR_RETURN(const platform::SystemVStatus status,
                          platform::StatusOfSystemV(number));
  SKERRY_RETURN_IF_ERROR(CheckOwner(peer, status.owner, what));
  if ((status.mode & kForbiddenMode) != 0) {
    return PermissionDenied(
        what + ": somebody may write or execute it; set its mode to 0400");
  }
  SKERRY_RETURN_IF_ERROR(
      CheckPart(offset, byte_size, memory->bytes().size(), what));
  if (is_new && (!status.removed || status.attach_count > 1)) {
    system_v_.Keep(number, memory);
    sweeper_.Wake();
  }
  return Part(memory, offset, byte_size);
}

// What ended with its process; returns whether there may be more.
bool SharedRegionsImpl::Sweep() {
  bool is_left = system_v_.Sweep(SystemVCache::Clock::now()) > 0;
  std::vector<Map::node_type> old;
  const std::scoped_lock lock(mutex_);
  for (auto next = regions_.begin(); next != regions_.end();) {
    const auto region = next++;
    if (region->second.process == nullptr) continue;
    if (platform::HasEnded(*region->second.process)) {
      old.push_back(regions_.extract(region));
    } else {
      is_left = true;
    }
  }
  return is_left;
}

}  // namespace

std::unique_ptr<SharedRegions> SharedRegions::Create() {
  return std::make_unique<SharedRegionsImpl>();
}

}  // namespace skerry::agent
