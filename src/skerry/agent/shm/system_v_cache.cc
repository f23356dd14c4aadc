#include "skerry/agent/shm/system_v_cache.h"

#include <algorithm>
#include <mutex>
#include <utility>
#include <vector>

namespace skerry::agent {
namespace {

bool IsAbandoned(int id) {
  const Result<platform::SystemVStatus> status = platform::StatusOfSystemV(id);
  return !status || (status->removed && status->attach_count <= 1);
}

}  // namespace

std::shared_ptr<const platform::SharedMemory> SystemVCache::Find(int id) {
  const std::shared_lock lock(mutex_);
  const auto found = entries_.find(id);
  if (found == entries_.end()) return nullptr;
  found->second.used.store(Clock::now(), std::memory_order_relaxed);
  return found->second.memory;
}

SystemVCache::Map::node_type SystemVCache::TakeOldest() {
  const auto oldest =
      std::ranges::min_element(entries_, {}, [](const Map::value_type& entry) {
        return entry.second.used.load(std::memory_order_relaxed);
      });
  return entries_.extract(oldest);
}

void SystemVCache::Keep(int id,
                        std::shared_ptr<const platform::SharedMemory> memory) {
  Map::node_type old;  // detached after the lock is given back
  const std::scoped_lock lock(mutex_);
  if (entries_.contains(id)) return;
  if (entries_.size() >= kSystemVAttachmentCountMax) old = TakeOldest();
  Entry& entry = entries_[id];
  entry.memory = std::move(memory);
  entry.used = Clock::now();
}

std::size_t SystemVCache::Sweep(Clock::time_point now) {
  std::vector<Map::node_type> old;
  const std::scoped_lock lock(mutex_);
  for (auto next = entries_.begin(); next != entries_.end();) {
    const auto entry = next++;
    if (now - entry->second.used.load() >= kIdle || IsAbandoned(entry->first)) {
      old.push_back(entries_.extract(entry));
    }
  }
  return entries_.size();
}

}  // namespace skerry::agent
