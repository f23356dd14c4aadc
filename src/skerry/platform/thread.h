#pragma once

#include <functional>
#include <memory>
#include <string>

#include "skerry/base/result.h"

namespace skerry::platform {

/// Owns a thread, which is joined together with this object: tell it to end
/// first. Unlike `std::thread` it answers with an error where the system has
/// no more threads to give.
///
/// Thread safety: thread-compatible.
class Thread {
 public:
  Thread();
  Thread(Thread&& other) noexcept;
  Thread& operator=(Thread&& other) noexcept;
  ~Thread();

  /// Runs `body` on a new thread that debuggers and `top -H` show as `name`
  /// (its first 15 characters). The thread takes no signals: those of the
  /// program go to the program's own threads.
  ///
  /// Errors: kResourceExhausted or kUnavailable if the system refuses.
  static Result<Thread> Start(const std::string& name,
                              std::function<void()> body);

 private:
  struct State;
  explicit Thread(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace skerry::platform
