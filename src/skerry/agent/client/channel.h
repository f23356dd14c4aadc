#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>

#include <chrono>
#include <memory>
#include <string>

#include "skerry/agent/client/client.h"
#include "skerry/base/result.h"

namespace skerry::agent {

/// A channel to the agent at `socket` ("unix:PATH", or a path) with a
/// connection that no other channel shares. Does not connect yet.
std::shared_ptr<grpc::Channel> MakeChannel(const std::string& socket,
                                           const ClientOptions& options);

/// Gives `context` its deadline.
void SetTimeout(grpc::ClientContext& context,
                std::chrono::milliseconds timeout);

/// `status` as what our functions return. Codes are the same numbers.
Result<void> ToResult(const grpc::Status& status);

}  // namespace skerry::agent
