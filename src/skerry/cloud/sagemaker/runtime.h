#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "skerry/cloud/identity/identity.h"
#include "skerry/cloud/server/message.h"
#include "skerry/http/client.h"

namespace skerry::cloud {

inline constexpr std::string_view kEndpointsPath = "/endpoints/";

/// Bytes of a payload of InvokeEndpoint, and of its answer.
inline constexpr std::size_t kPayloadBytesMax = std::size_t{25} << 20;

/// Connections to an agent's socket, which are kept.
///
/// Thread safety: thread-safe.
class AgentClients {
 public:
  explicit AgentClients(std::string socket) : socket_(std::move(socket)) {}

  /// Errors: as `http::Client::Send`; kFailedPrecondition if there is no
  /// socket.
  Result<http::Response> Send(const http::Request& request);

 private:
  std::string socket_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<http::Client>> idle_;
};

/// The SageMaker runtime: InvokeEndpoint, answered by a skerry-agent on this
/// machine. The endpoint's name is the model's there. A payload may be
///
///   application/json           an Open Inference Protocol request, or
///                              {"instances": [...]} for a model of one input
///   application/x-npy          an array for a model of one input
///   application/octet-stream   the bytes of its input, in its shape
///
/// and the answer is of the same kind, or of the one that Accept names.
///
/// Errors: ValidationError (400), ModelError (424) for what the model's side
/// refuses, ModelNotReadyException (429), ServiceUnavailable (503).
///
/// Thread safety: thread-safe.
class RuntimeHandler final : public Handler {
 public:
  RuntimeHandler(AccessKeys& keys, std::string agent_socket)
      : keys_(keys), agent_(std::move(agent_socket)) {}

  std::unique_ptr<Exchange> NewExchange(RequestHead head) override;

 private:
  AccessKeys& keys_;
  AgentClients agent_;
};

}  // namespace skerry::cloud
