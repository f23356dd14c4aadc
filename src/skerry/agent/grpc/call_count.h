#pragma once

#include <condition_variable>
#include <mutex>

namespace skerry::agent {

/// How many calls there are. gRPC's server is gone before the models have
/// answered those that it cancelled; its completion queue must not be.
///
/// Thread safety: thread-safe.
class CallCount {
 public:
  /// Counts its owner: as the first member, until all the others are gone.
  class Holder {
   public:
    explicit Holder(CallCount& count) : count_(count) { count_.Add(1); }
    ~Holder() { count_.Add(-1); }
    Holder(const Holder&) = delete;
    Holder& operator=(const Holder&) = delete;

   private:
    CallCount& count_;
  };

  void AwaitNone();

 private:
  void Add(int change);

  std::mutex mutex_;
  std::condition_variable none_;
  int count_ = 0;
};

}  // namespace skerry::agent
