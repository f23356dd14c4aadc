#pragma once

#include <map>
#include <memory>
#include <mutex>

namespace skerry::agent {

class Stream;

/// The streams that are open, so that shutting down can end them.
///
/// Thread safety: thread-safe.
class StreamRegistry {
 public:
  void Add(const std::shared_ptr<Stream>& stream);
  void Remove(const Stream* stream);
  /// Asks each stream, and each that comes later, to end.
  void StopAll();

 private:
  std::mutex mutex_;
  std::map<const Stream*, std::weak_ptr<Stream>> streams_;
  bool stopped_ = false;
};

}  // namespace skerry::agent
