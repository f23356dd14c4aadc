#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/support/status.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "edge_agent.grpc.pb.h"
#include "open_inference.grpc.pb.h"

namespace skerry::soak {

namespace edge = AWS::SageMaker::Edge;

/// When a call is given up.
struct Patience {
  std::chrono::microseconds deadline = std::chrono::seconds(60);
  std::optional<std::chrono::microseconds> cancel_after;
};

/// The gRPC calls of one client, over one connection.
///
/// Thread safety: thread-compatible.
class GrpcCaller {
 public:
  explicit GrpcCaller(const std::string& socket);

  /// These wait for the end, whatever the patience. A call that does not end
  /// even then ends the process: there is no way on.
  grpc::Status Infer(const inference::ModelInferRequest& request,
                     inference::ModelInferResponse& response,
                     const Patience& patience);
  grpc::Status Predict(const edge::PredictRequest& request,
                       edge::PredictResponse& response,
                       const Patience& patience);

  grpc::Status Load(const std::string& name, const std::string& folder);
  grpc::Status Unload(const std::string& name);
  grpc::Status Register(const std::string& name, const std::string& key,
                        std::size_t byte_size);
  grpc::Status Unregister(const std::string& name);

 private:
  template <class Reader, class Response>
  grpc::Status Finish(grpc::ClientContext& context, Reader& reader,
                      Response& response, const Patience& patience);

  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<inference::GRPCInferenceService::Stub> inference_;
  std::unique_ptr<edge::Agent::Stub> agent_;
  grpc::CompletionQueue queue_;
};

}  // namespace skerry::soak
