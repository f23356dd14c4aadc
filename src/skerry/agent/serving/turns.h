#pragma once

#include <condition_variable>
#include <mutex>
#include <set>
#include <string>
#include <utility>

namespace skerry::agent {

/// Lets those who work on the same name take turns.
///
/// Thread safety: thread-safe.
class Turns {
 public:
  /// The right to work on a name, until it goes.
  class Turn {
   public:
    Turn(Turn&& other) noexcept
        : turns_(std::exchange(other.turns_, nullptr)),
          name_(std::move(other.name_)) {}
    ~Turn() {
      if (turns_ != nullptr) turns_->End(name_);
    }

   private:
    friend class Turns;
    Turn(Turns& turns, std::string name)
        : turns_(&turns), name_(std::move(name)) {}

    Turns* turns_;
    std::string name_;
  };

  /// Waits until nobody else works on `name`.
  [[nodiscard]] Turn Take(const std::string& name) {
    std::unique_lock lock(mutex_);
    ended_.wait(lock, [&] { return taken_.insert(name).second; });
    return {*this, name};
  }

 private:
  void End(const std::string& name) {
    {
      const std::lock_guard lock(mutex_);
      taken_.erase(name);
    }
    ended_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable ended_;
  std::set<std::string> taken_;
};

}  // namespace skerry::agent
