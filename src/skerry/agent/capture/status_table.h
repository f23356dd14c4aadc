#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

#include "skerry/agent/capture/capture.h"

namespace skerry::agent {

/// What became of the newest captures.
///
/// Thread safety: thread-compatible.
class StatusTable {
 public:
  explicit StatusTable(std::size_t count_max) : count_max_(count_max) {}

  /// Remembers `id` as in progress; false if it is known. Forgets the oldest
  /// id where there are too many.
  bool Add(const std::string& id);

  /// Nothing happens if `id` is forgotten.
  void Set(std::string_view id, CaptureStatus status);

  bool Contains(std::string_view id) const;

  /// kNotFound if `id` is not known, or not any more.
  CaptureStatus Get(std::string_view id) const;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };

  std::size_t count_max_;
  std::unordered_map<std::string, CaptureStatus, Hash, std::equal_to<>>
      statuses_;
  std::deque<std::string_view> ages_;  // keys of the map, oldest first
};

}  // namespace skerry::agent
