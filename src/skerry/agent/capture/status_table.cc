#include "skerry/agent/capture/status_table.h"

namespace skerry::agent {

bool StatusTable::Add(const std::string& id) {
  const auto [entry, added] =
      statuses_.try_emplace(id, CaptureStatus::kInProgress);
  if (!added) return false;
  // The map's keys stay where they are.
  ages_.emplace_back(entry->first);
  if (ages_.size() > count_max_) {
    statuses_.erase(statuses_.find(ages_.front()));
    ages_.pop_front();
  }
  return true;
}

void StatusTable::Set(std::string_view id, CaptureStatus status) {
  const auto entry = statuses_.find(id);
  if (entry != statuses_.end()) entry->second = status;
}

bool StatusTable::Contains(std::string_view id) const {
  return statuses_.contains(id);
}

CaptureStatus StatusTable::Get(std::string_view id) const {
  const auto entry = statuses_.find(id);
  return entry != statuses_.end() ? entry->second : CaptureStatus::kNotFound;
}

}  // namespace skerry::agent
