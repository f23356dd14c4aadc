#include "skerry/agent/client/channel.h"

#include <absl/synchronization/mutex.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include <algorithm>
#include <limits>

namespace skerry::agent {

std::shared_ptr<grpc::Channel> MakeChannel(const std::string& socket,
                                           const ClientOptions& options) {
  // Debian's Abseil looks for deadlocks whenever gRPC takes a lock.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  const int message_bytes_max = static_cast<int>(std::min(
      options.message_bytes_max, std::size_t{std::numeric_limits<int>::max()}));
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(message_bytes_max);
  arguments.SetMaxSendMessageSize(message_bytes_max);
  // Connections would be shared by all channels of the process otherwise.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  // An answer is an answer: nothing is sent twice behind the caller's back.
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  // Without probes a connection's window stays at 64 KB, whatever a stream's
  // is, and larger answers wait for it halfway.
  arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 1);
  arguments.SetInt(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, 1 << 22);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_FRAME_SIZE, 1 << 20);
  const std::string target =
      socket.starts_with("unix:") ? socket : "unix:" + socket;
  return grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(),
                                   arguments);
}

void SetTimeout(grpc::ClientContext& context,
                std::chrono::milliseconds timeout) {
  context.set_deadline(std::chrono::system_clock::now() + timeout);
}

Result<void> ToResult(const grpc::Status& status) {
  if (status.ok()) return {};
  const int code = status.error_code();
  const bool known = code > 0 && code <= 16;
  return Error(known ? static_cast<ErrorCode>(code) : ErrorCode::kUnknown,
               status.error_message());
}

}  // namespace skerry::agent
