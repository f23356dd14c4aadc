#include "skerry/agent/grpc/grpc_server.h"

#include <absl/synchronization/mutex.h>
#include <fcntl.h>
#include <google/protobuf/stubs/logging.h>
#include <grpc/support/log.h>
#include <grpcpp/resource_quota.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <grpcpp/server_posix.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <mutex>
#include <utility>
#include <vector>

#include "skerry/agent/grpc/completion.h"
#include "skerry/agent/grpc/edge_service.h"
#include "skerry/agent/grpc/health_service.h"
#include "skerry/agent/grpc/listener.h"
#include "skerry/agent/grpc/method_table.h"
#include "skerry/agent/grpc/oip_service.h"
#include "skerry/agent/grpc/peer_table.h"
#include "skerry/agent/grpc/reflection_service.h"
#include "skerry/platform/thread.h"

namespace skerry::agent {
namespace {

// What gRPC may hold for all connections together, beyond one message each.
constexpr std::size_t kQuotaBytesMin = std::size_t{256} << 20;
constexpr auto kShutdownTimeMax = std::chrono::hours(24);
constexpr int kConcurrentStreamsMax = 1024;  // of one connection
// A client may send this much before it hears from us, so that a photo needs
// no second round trip.
constexpr int kWindowBytes = 4 << 20;
constexpr int kFrameBytes = 1 << 20;

// gRPC tells only its log why it cannot listen, and tells it whenever a client
// sends something odd. We keep the former and drop the latter: the client gets
// its status, and must not fill our log.
thread_local std::string* build_log = nullptr;

void TakeLog(gpr_log_func_args* line) {
  if (build_log == nullptr || line->severity != GPR_LOG_SEVERITY_ERROR) return;
  if (!build_log->empty()) *build_log += "; ";
  *build_log += line->message;
}

std::vector<Method> Concatenate(std::vector<std::vector<Method>> lists) {
  std::vector<Method> all;
  for (auto& list : lists) {
    for (Method& method : list) all.push_back(std::move(method));
  }
  return all;
}

class GrpcServerImpl final : public GrpcServer {
 public:
  GrpcServerImpl(Options options, Services services)
      : options_(std::move(options)),
        services_(std::move(services)),
        edge_(services_, control_),
        oip_(services_, control_),
        health_(services_),
        table_(Concatenate({edge_.Methods(), oip_.Methods(), health_.Methods(),
                            ReflectionMethods()}),
               peers_, options_.message_bytes_max) {}

  ~GrpcServerImpl() override { Shutdown(std::chrono::steady_clock::now()); }

  Result<void> Start();

  void Adopt(platform::FileDescriptor connection, const Peer& peer) override;
  int tcp_port() const override { return tcp_port_; }
  void Shutdown(std::chrono::steady_clock::time_point deadline) override;

 private:
  void Configure(grpc::ServerBuilder& builder) const;
  void Serve();

  const Options options_;
  const Services services_;
  PeerTable peers_;
  platform::WorkQueue control_{
      {"grpc-control", kControlTasksMax, platform::WorkQueue::AtEnd::kRun}};
  EdgeService edge_;
  OipService oip_;
  HealthService health_;
  MethodTable table_;
  int tcp_port_ = 0;
  std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  std::unique_ptr<grpc::Server> server_;
  platform::Thread thread_;
  std::mutex shutdown_mutex_;
  bool shut_down_ = false;
};

void GrpcServerImpl::Configure(grpc::ServerBuilder& builder) const {
  constexpr auto kIntMax =
      static_cast<std::size_t>(std::numeric_limits<int>::max());
  const auto message_bytes_max =
      static_cast<int>(std::min(options_.message_bytes_max, kIntMax));
  builder.SetMaxReceiveMessageSize(message_bytes_max);
  builder.SetMaxSendMessageSize(-1);  // models say how large outputs are
  grpc::ResourceQuota quota("skerry-agent");
  quota.Resize(std::max(kQuotaBytesMin, options_.message_bytes_max * 4));
  builder.SetResourceQuota(quota);
  // It would not bound what comes out; see Decompress.
  builder.AddChannelArgument(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS,
                             kConcurrentStreamsMax);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  // Without probes a connection's window stays at 64 KB, whatever a stream's
  // is, and larger messages wait for it halfway.
  builder.AddChannelArgument(GRPC_ARG_HTTP2_BDP_PROBE, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES,
                             kWindowBytes);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_FRAME_SIZE, kFrameBytes);
}

Result<void> GrpcServerImpl::Start() {
  // Debian builds Abseil without NDEBUG. Its mutexes then keep a graph of all
  // that were ever held together, behind one lock for the whole process; it
  // only grows, by 64 KiB at a time, and ends the program at a cycle.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  gpr_set_log_function(&TakeLog);
  // It would say which field has what no UTF-8 is, each time.
  google::protobuf::SetLogHandler(nullptr);
  grpc::ServerBuilder builder;
  Configure(builder);
  builder.RegisterService(&table_);
  if (!options_.tcp_address.empty()) {
    SKERRY_ASSIGN_OR_RETURN(
        const auto credentials,
        ListenerCredentials(options_.tcp_address, options_.tls));
    builder.AddListeningPort(options_.tcp_address, credentials, &tcp_port_);
  }
  queue_ = builder.AddCompletionQueue();
  std::string log;
  build_log = &log;
  server_ = builder.BuildAndStart();
  build_log = nullptr;
  if (server_ == nullptr) {
    queue_->Shutdown();
    return Unavailable("cannot serve gRPC on '" + options_.tcp_address +
                       "': " + log);
  }
  table_.Start(*queue_);
  auto thread = platform::Thread::Start("grpc", [this] { Serve(); });
  if (!thread) {
    // What waits for calls must come out of the queue before it goes.
    server_->Shutdown();
    queue_->Shutdown();
    Serve();
    server_.reset();
    return thread.error();
  }
  thread_ = *std::move(thread);
  return {};
}

// One thread: with two, gRPC hands each call from the one that reads the
// socket to the one that waits for calls (measured: 41 against 60 us).
void GrpcServerImpl::Serve() {
  void* tag = nullptr;
  bool ok = false;
  while (queue_->Next(&tag, &ok)) static_cast<Completion*>(tag)->Complete(ok);
}

void GrpcServerImpl::Adopt(platform::FileDescriptor connection,
                           const Peer& peer) {
  const std::lock_guard lock(shutdown_mutex_);
  if (shut_down_) return;
  const int flags = fcntl(connection.number(), F_GETFL);
  if (flags < 0) return;
  if (fcntl(connection.number(), F_SETFL, flags | O_NONBLOCK) < 0) return;
  // gRPC closes what it gets; ours closes with `connection`.
  const int number = fcntl(connection.number(), F_DUPFD_CLOEXEC, 0);
  if (number < 0) return;
  peers_.Set(number, peer);
  grpc::AddInsecureChannelFromFd(server_.get(), number);
}

void GrpcServerImpl::Shutdown(std::chrono::steady_clock::time_point deadline) {
  {
    const std::lock_guard lock(shutdown_mutex_);
    if (std::exchange(shut_down_, true) || server_ == nullptr) return;
  }
  table_.streams().StopAll();
  // gRPC has another clock, which must not overflow.
  const auto left = std::clamp<std::chrono::steady_clock::duration>(
      deadline - std::chrono::steady_clock::now(), std::chrono::seconds(0),
      kShutdownTimeMax);
  server_->Shutdown(
      std::chrono::system_clock::now() +
      std::chrono::duration_cast<std::chrono::system_clock::duration>(left));
  table_.calls().AwaitNone();
  queue_->Shutdown();
  thread_ = {};  // joins
}

}  // namespace

Result<std::unique_ptr<GrpcServer>> GrpcServer::Create(Options options,
                                                       Services services) {
  auto server =
      std::make_unique<GrpcServerImpl>(std::move(options), std::move(services));
  SKERRY_RETURN_IF_ERROR(server->Start());
  return std::unique_ptr<GrpcServer>(std::move(server));
}

}  // namespace skerry::agent
