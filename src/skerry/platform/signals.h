#pragma once

#include <span>

namespace skerry::platform {

/// Keeps `signals` from this thread and those that it starts from now on, so
/// that they wait for `WaitForSignal`. Call it before any thread is started.
void BlockSignals(std::span<const int> signals);

/// Waits until one of `signals`, which must be blocked, arrives.
int WaitForSignal(std::span<const int> signals);

/// Lets `signal` end the process again, at once, whoever gets it.
void UnblockSignal(int signal);

/// Writes to a connection that the other side closed give an error, not
/// SIGPIPE.
void IgnoreBrokenPipes();

/// Tells systemd `state`, such as "READY=1", if it asked to be told
/// ($NOTIFY_SOCKET); see sd_notify(3).
void NotifyServiceManager(const char* state);

}  // namespace skerry::platform
