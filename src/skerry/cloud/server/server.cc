#include "skerry/cloud/server/server.h"

#include <sys/socket.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "skerry/cloud/server/event_loop.h"
#include "skerry/cloud/server/handler_pool.h"
#include "skerry/cloud/server/listener.h"
#include "skerry/cloud/server/session.h"
#include "skerry/cloud/server/tls.h"

namespace skerry::cloud {
namespace {

constexpr int kEventThreadCountMax = 8;

int EventThreadCount(int wanted) {
  if (wanted > 0) return wanted;
  const auto cpus = static_cast<int>(std::thread::hardware_concurrency());
  return std::clamp(cpus, 1, kEventThreadCountMax);
}

class ServerImpl final : public Server {
 public:
  ServerImpl(ServerOptions options, Handler& handler,
             const telemetry::Logger& log, telemetry::Registry& metrics)
      : options_(std::move(options)),
        host_{.options = options_,
              .handler = handler,
              .log = log,
              .workers = workers_,
              .traffic = Traffic(metrics),
              .closed = [this] { OnClosed(); }} {}
  ~ServerImpl() override;

  Result<void> Start();

  int port() const override { return port_; }
  Result<void> ReloadCertificate() override;
  void Shutdown(std::chrono::steady_clock::time_point deadline) override;

 private:
  void OnConnection(platform::FileDescriptor connection, std::string peer);
  void OnClosed();
  /// Calls `function` with each connection, on its thread.
  void ForEach(void (Session::*function)());
  void WaitUntilEmpty(std::chrono::steady_clock::time_point deadline);

  const ServerOptions options_;
  HandlerPool workers_;
  SessionHost host_;
  std::vector<std::unique_ptr<EventLoop>> loops_;
  std::shared_ptr<Listener> listener_;
  int port_ = 0;
  std::size_t next_loop_ = 0;  // of the listener's thread

  std::mutex mutex_;
  std::condition_variable changed_;
  TlsContext tls_;
  bool running_ = false;
  bool listening_ = false;
};

ServerImpl::~ServerImpl() {
  ServerImpl::Shutdown(std::chrono::steady_clock::now());
  // Their last words go to the loops, which are there until they are gone.
  workers_.End();
  for (const auto& loop : loops_) loop->End();
  listener_.reset();
}

Result<void> ServerImpl::Start() {
  if (!options_.certificate_file.empty()) {
    SKERRY_ASSIGN_OR_RETURN(
        tls_, MakeTlsContext(options_.certificate_file, options_.key_file));
  }
  SKERRY_ASSIGN_OR_RETURN(ListeningSocket socket, Listen(options_.address));
  port_ = socket.port;
  SKERRY_RETURN_IF_ERROR(
      workers_.Start(std::max(options_.worker_thread_count, 1)));
  const int count = EventThreadCount(options_.event_thread_count);
  for (int i = 0; i < count; ++i) {
    loops_.push_back(std::make_unique<EventLoop>());
  }
  listener_ = std::make_shared<Listener>(
      loops_[0]->context(), std::move(socket.descriptor),
      [this](platform::FileDescriptor connection, std::string peer) {
        OnConnection(std::move(connection), std::move(peer));
      },
      host_.log);
  for (const auto& loop : loops_) SKERRY_RETURN_IF_ERROR(loop->Start());
  loops_[0]->Post([listener = listener_] { listener->Start(); });
  running_ = true;
  listening_ = true;
  return {};
}

void ServerImpl::OnConnection(platform::FileDescriptor connection,
                              std::string peer) {
  if (host_.connection_count >= options_.connection_count_max) {
    if (host_.MayComplain()) {
      host_.log.Warning("connection_closed",
                        {{"reason", "too many connections"},
                         {"limit", options_.connection_count_max},
                         {"peer", peer}});
    }
    static constexpr std::string_view kBusy =
        "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n"
        "Retry-After: 1\r\nConnection: close\r\n\r\n";
    if (tls_ == nullptr) {
      send(connection.number(), kBusy.data(), kBusy.size(), MSG_NOSIGNAL);
    }
    return;
  }
  ++host_.connection_count;
  EventLoop& loop = *loops_[next_loop_];
  next_loop_ = (next_loop_ + 1) % loops_.size();
  loop.Post([this, &loop, connection = std::move(connection),
             peer = std::move(peer)]() mutable {
    TlsContext context;
    {
      const std::lock_guard lock(mutex_);
      context = tls_;
    }
    auto transport = MakeTransport(loop.context(), std::move(connection),
                                   context != nullptr ? &context : nullptr);
    if (transport == nullptr) {
      OnClosed();
      return;
    }
    const auto session = std::make_shared<Session>(
        host_, loop, std::move(transport), std::move(peer));
    loop.Add(session);
    session->Start();
    if (host_.draining) session->EndIfIdle();
  });
}

void ServerImpl::OnClosed() {
  if (--host_.connection_count > 0 || !host_.draining) return;
  const std::lock_guard lock(mutex_);
  changed_.notify_all();
}

Result<void> ServerImpl::ReloadCertificate() {
  if (options_.certificate_file.empty()) return {};
  SKERRY_ASSIGN_OR_RETURN(
      TlsContext fresh,
      MakeTlsContext(options_.certificate_file, options_.key_file));
  const std::lock_guard lock(mutex_);
  tls_ = std::move(fresh);
  return {};
}

void ServerImpl::ForEach(void (Session::*function)()) {
  for (const auto& loop : loops_) {
    loop->Post([raw = loop.get(), function] {
      // Each may leave the list.
      for (const auto& session : raw->sessions()) {
        ((*session).*function)();
      }
    });
  }
}

void ServerImpl::WaitUntilEmpty(
    std::chrono::steady_clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, deadline, [this] {
    return !listening_ && host_.connection_count == 0;
  });
}

void ServerImpl::Shutdown(std::chrono::steady_clock::time_point deadline) {
  if (!std::exchange(running_, false)) return;
  host_.draining = true;
  loops_[0]->Post([this] {
    listener_->Stop();
    const std::lock_guard lock(mutex_);
    listening_ = false;
    changed_.notify_all();
  });
  ForEach(&Session::EndIfIdle);
  WaitUntilEmpty(deadline);
  ForEach(&Session::Close);
  WaitUntilEmpty(std::chrono::steady_clock::time_point::max());
}

}  // namespace

Result<std::unique_ptr<Server>> Server::Create(const ServerOptions& options,
                                               Handler& handler,
                                               const telemetry::Logger& log,
                                               telemetry::Registry& metrics) {
  auto server = std::make_unique<ServerImpl>(options, handler, log, metrics);
  SKERRY_RETURN_IF_ERROR(server->Start());
  return server;
}

}  // namespace skerry::cloud
