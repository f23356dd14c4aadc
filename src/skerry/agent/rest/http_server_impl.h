#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <unordered_map>

#include "skerry/agent/rest/allow_list.h"
#include "skerry/agent/rest/event_gate.h"
#include "skerry/agent/rest/first_bytes.h"
#include "skerry/agent/rest/http_server.h"
#include "skerry/agent/rest/listener.h"
#include "skerry/agent/rest/rest_api.h"
#include "skerry/agent/rest/session.h"
#include "skerry/agent/rest/tcp_socket.h"
#include "skerry/agent/rest/unix_socket.h"
#include "skerry/platform/thread.h"

namespace skerry::agent {

/// Bodies of the largest size that may be in memory at once.
inline constexpr std::size_t kLargeBodyCountMax = 4;

/// Says yes once a second, so that nobody fills the log.
///
/// Thread safety: thread-compatible.
class OncePerSecond {
 public:
  bool Allow() {
    const auto now = std::chrono::steady_clock::now();
    if (now - last_ < std::chrono::seconds(1)) {
      return false;
    }
    last_ = now;
    return true;
  }

 private:
  std::chrono::steady_clock::time_point last_;
};

/// The server: listeners, what they accepted, and the thread of its loop.
/// All but the public functions run on that thread.
class HttpServerImpl final : public HttpServer {
 public:
  HttpServerImpl(Options options, Services services, AdoptGrpc adopt_grpc);
  ~HttpServerImpl() override;

  Result<void> Start();

  int tcp_port() const override { return tcp_port_; }
  void Shutdown(std::chrono::steady_clock::time_point deadline) override;

 private:
  Result<void> StartTcp();
  bool HasRoom();
  void OnUnixConnection(platform::FileDescriptor connection);
  void OnProtocol(platform::FileDescriptor connection, Protocol protocol,
                  const Peer& peer, bool refused);
  void OnTcpConnection(platform::FileDescriptor connection);
  void Open(std::unique_ptr<Transport> transport, const Peer& peer,
            bool refused);
  void BeginDrain();
  void CloseAll();
  void NoteIfEmpty();

  const Options options_;
  const Services services_;
  AdoptGrpc adopt_grpc_;
  AllowList allow_list_;
  boost::asio::io_context loop_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type>
      keep_running_;
  std::shared_ptr<EventGate> gate_;
  std::shared_ptr<BodyBudget> budget_;
  std::unique_ptr<RestApi> api_;
  SessionHost host_;
  std::shared_ptr<telemetry::Gauge> connections_;

  std::optional<UnixSocket> unix_socket_;
  std::shared_ptr<Listener> unix_listener_;
  std::unique_ptr<boost::asio::ssl::context> tls_;
  std::shared_ptr<Listener> tcp_listener_;
  int tcp_port_ = 0;
  std::unordered_map<Session*, std::shared_ptr<Session>> sessions_;
  std::set<std::shared_ptr<FirstBytes>> openings_;
  OncePerSecond complaints_;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool empty_ = false;  // drained
  bool running_ = false;
  platform::Thread thread_;
};

}  // namespace skerry::agent
