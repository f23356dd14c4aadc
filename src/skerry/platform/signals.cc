#include "skerry/platform/signals.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "skerry/platform/file.h"

namespace skerry::platform {
namespace {

sigset_t SetOf(std::span<const int> signals) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : signals) sigaddset(&set, signal);
  return set;
}

}  // namespace

void BlockSignals(std::span<const int> signals) {
  const sigset_t set = SetOf(signals);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

int WaitForSignal(std::span<const int> signals) {
  const sigset_t set = SetOf(signals);
  int signal = 0;
  while (sigwait(&set, &signal) != 0) {
  }
  return signal;
}

void UnblockSignal(int signal) {
  const sigset_t set = SetOf({&signal, 1});
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

void IgnoreBrokenPipes() { ::signal(SIGPIPE, SIG_IGN); }

void NotifyServiceManager(const char* state) {
  // Read while the program has one thread that cares for its environment.
  const char* path =
      std::getenv("NOTIFY_SOCKET");  // NOLINT(concurrency-mt-unsafe)
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path == nullptr || std::strlen(path) >= sizeof address.sun_path) return;
  std::memcpy(address.sun_path, path, std::strlen(path));
  // '@' stands for the zero byte of an abstract address.
  if (address.sun_path[0] == '@') address.sun_path[0] = '\0';
  const FileDescriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket.open()) return;
  const auto bytes = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) +
                                            std::strlen(path));
  // Nobody to tell if it fails.
  [[maybe_unused]] const auto sent =
      sendto(socket.number(), state, std::strlen(state), MSG_NOSIGNAL,
             reinterpret_cast<const sockaddr*>(&address), bytes);
}

}  // namespace skerry::platform
