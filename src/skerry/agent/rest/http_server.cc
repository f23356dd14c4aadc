#include "skerry/agent/rest/http_server.h"

#include <utility>

#include "skerry/agent/rest/http_server_impl.h"
#include "skerry/agent/rest/tls.h"

namespace skerry::agent {

Result<std::unique_ptr<HttpServer>> HttpServer::Create(Options options,
                                                       Services services,
                                                       AdoptGrpc adopt_grpc) {
  auto server = std::make_unique<HttpServerImpl>(
      std::move(options), std::move(services), std::move(adopt_grpc));
  SKERRY_RETURN_IF_ERROR(server->Start());
  return server;
}

HttpServerImpl::HttpServerImpl(Options options, Services services,
                               AdoptGrpc adopt_grpc)
    : options_(std::move(options)),
      services_(std::move(services)),
      adopt_grpc_(std::move(adopt_grpc)),
      allow_list_(options_.users_allowed, options_.groups_allowed),
      loop_(1),
      keep_running_(boost::asio::make_work_guard(loop_)),
      gate_(std::make_shared<EventGate>(loop_)),
      budget_(std::make_shared<BodyBudget>(options_.body_bytes_max *
                                           kLargeBodyCountMax)),
      api_(std::make_unique<RestApi>(services_, gate_, budget_,
                                     options_.body_bytes_max)),
      host_{.loop = loop_,
            .api = *api_,
            .gate = gate_,
            .budget = budget_,
            .metrics = services_.metrics,
            .body_bytes_max = options_.body_bytes_max,
            .header_timeout = options_.header_timeout,
            .idle_timeout = options_.idle_timeout,
            .answers = {}},
      connections_(services_.metrics.AddGauge(
          "skerry_http_connections", "HTTP connections that are open.", {})) {}

HttpServerImpl::~HttpServerImpl() {
  HttpServerImpl::Shutdown(std::chrono::steady_clock::now());
  keep_running_.reset();
  loop_.stop();
  thread_ = platform::Thread();  // joins it
  gate_->Close();
  api_.reset();  // joins its threads
  sessions_.clear();
  openings_.clear();
}

Result<void> HttpServerImpl::Start() {
  SKERRY_ASSIGN_OR_RETURN(
      UnixSocket unix_socket,
      UnixSocket::Listen(options_.socket_path, options_.replace_socket,
                         options_.socket_mode));
  unix_socket_.emplace(std::move(unix_socket));
  unix_listener_ = std::make_shared<Listener>(
      loop_, unix_socket_->TakeDescriptor(),
      [this](platform::FileDescriptor connection) {
        OnUnixConnection(std::move(connection));
      },
      services_.log);
  if (!options_.tcp_address.empty()) {
    SKERRY_RETURN_IF_ERROR(StartTcp());
  }
  unix_listener_->Start();
  if (tcp_listener_ != nullptr) {
    tcp_listener_->Start();
  }
  SKERRY_ASSIGN_OR_RETURN(
      thread_, platform::Thread::Start("rest", [this] { loop_.run(); }));
  running_ = true;
  return {};
}

Result<void> HttpServerImpl::StartTcp() {
  if (!options_.tls.empty()) {
    SKERRY_ASSIGN_OR_RETURN(tls_, MakeTlsContext(options_.tls));
  }
  SKERRY_ASSIGN_OR_RETURN(TcpSocket tcp,
                          TcpSocket::Listen(options_.tcp_address));
  tcp_port_ = tcp.port;
  tcp_listener_ = std::make_shared<Listener>(
      loop_, std::move(tcp.descriptor),
      [this](platform::FileDescriptor connection) {
        OnTcpConnection(std::move(connection));
      },
      services_.log);
  return {};
}

bool HttpServerImpl::HasRoom() {
  if (sessions_.size() + openings_.size() < kConnectionCountMax) {
    return true;
  }
  if (complaints_.Allow()) {
    services_.log.Warning(
        "connection_closed",
        {{"reason", "too many connections"}, {"limit", kConnectionCountMax}});
  }
  return false;
}

void HttpServerImpl::OnUnixConnection(platform::FileDescriptor connection) {
  if (!HasRoom()) {
    return;
  }
  const Peer peer = PeerOf(connection);
  const bool refused = !allow_list_.Admits(peer, connection);
  if (refused && complaints_.Allow()) {
    services_.log.Warning("connection_refused", {{"process", peer.process},
                                                 {"user", peer.user},
                                                 {"group", peer.group}});
  }
  auto opening = std::make_shared<FirstBytes>(loop_, std::move(connection));
  openings_.insert(opening);
  opening->Start(
      options_.header_timeout,
      [this, peer, refused](FirstBytes* opened, platform::FileDescriptor socket,
                            Protocol protocol) {
        openings_.erase(opened->shared_from_this());
        OnProtocol(std::move(socket), protocol, peer, refused);
        NoteIfEmpty();
      });
}

void HttpServerImpl::OnProtocol(platform::FileDescriptor connection,
                                Protocol protocol, const Peer& peer,
                                bool refused) {
  if (protocol == Protocol::kHttp2 && !refused && !host_.draining) {
    adopt_grpc_(std::move(connection), peer);
  } else if (protocol == Protocol::kHttp1) {
    Open(MakeUnixTransport(loop_, std::move(connection)), peer, refused);
  }
}

void HttpServerImpl::OnTcpConnection(platform::FileDescriptor connection) {
  if (!HasRoom()) {
    return;
  }
  Open(tls_ != nullptr ? MakeTlsTransport(loop_, std::move(connection), *tls_)
                       : MakeTcpTransport(loop_, std::move(connection)),
       Peer(), false);
}

void HttpServerImpl::Open(std::unique_ptr<Transport> transport,
                          const Peer& peer, bool refused) {
  if (transport == nullptr) {
    return;
  }
  auto session = std::make_shared<Session>(host_, std::move(transport), peer,
                                           refused, [this](Session* ended) {
                                             sessions_.erase(ended);
                                             connections_->Add(-1);
                                             NoteIfEmpty();
                                           });
  sessions_.emplace(session.get(), session);
  connections_->Add(1);
  session->Start();
}

void HttpServerImpl::BeginDrain() {
  if (host_.draining) {
    return;
  }
  host_.draining = true;
  unix_listener_->Stop();
  unix_socket_->RemovePath();
  if (tcp_listener_ != nullptr) {
    tcp_listener_->Stop();
  }
  for (const auto& opening : std::exchange(openings_, {})) {
    opening->Cancel();
  }
  const auto sessions = sessions_;  // each may leave the list
  for (const auto& [key, session] : sessions) {
    session->EndIfIdle();
  }
  NoteIfEmpty();
}

void HttpServerImpl::CloseAll() {
  const auto sessions = sessions_;
  for (const auto& [key, session] : sessions) {
    session->Close();
  }
  NoteIfEmpty();
}

void HttpServerImpl::NoteIfEmpty() {
  if (!host_.draining || !sessions_.empty() || !openings_.empty()) {
    return;
  }
  const std::lock_guard lock(mutex_);
  empty_ = true;
  changed_.notify_all();
}

void HttpServerImpl::Shutdown(std::chrono::steady_clock::time_point deadline) {
  if (!running_) {
    return;  // `Create` has not come so far
  }
  gate_->Send([this] { BeginDrain(); });
  std::unique_lock lock(mutex_);
  const auto is_empty = [this] { return empty_; };
  if (changed_.wait_until(lock, deadline, is_empty)) {
    return;
  }
  lock.unlock();
  gate_->Send([this] { CloseAll(); });
  lock.lock();
  changed_.wait(lock, is_empty);
}

}  // namespace skerry::agent
