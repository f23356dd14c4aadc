#include "skerry/platform/thread.h"

#include <pthread.h>

#include <cerrno>
#include <csignal>

#include "skerry/platform/errno_error.h"

namespace skerry::platform {

struct Thread::State {
  std::function<void()> body;
  pthread_t id{};
};

Thread::Thread() = default;

Thread::Thread(Thread&& other) noexcept = default;

Thread& Thread::operator=(Thread&& other) noexcept {
  std::swap(state_, other.state_);
  return *this;
}

Thread::Thread(std::unique_ptr<State> state) : state_(std::move(state)) {}

Thread::~Thread() {
  if (state_ != nullptr) pthread_join(state_->id, nullptr);
}

Result<Thread> Thread::Start(const std::string& name,
                             std::function<void()> body) {
  auto state = std::make_unique<State>();
  state->body = std::move(body);

  // A thread inherits the mask of the one that starts it.
  // Faults are the thread's own: if they are blocked, no handler sees them.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP}) {
    sigdelset(&all, fault);
  }
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const int number = pthread_create(
      &state->id, nullptr,
      [](void* argument) -> void* {
        static_cast<State*>(argument)->body();
        return nullptr;
      },
      state.get());
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (number != 0) {
    Error error = ErrnoError(number, "cannot start thread " + Quoted(name));
    if (number != EAGAIN) return error;
    return ResourceExhausted(error.message());
  }
  constexpr std::size_t kNameBytesMax = 15;
  pthread_setname_np(state->id, name.substr(0, kNameBytesMax).c_str());
  return Thread(std::move(state));
}

}  // namespace skerry::platform
