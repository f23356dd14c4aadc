#pragma once

#include <grpcpp/channel.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "edge_agent.grpc.pb.h"
#include "open_inference.grpc.pb.h"
#include "skerry/agent/grpc/grpc_server.h"
#include "skerry/agent/serving/serving_test_support.h"
#include "skerry/agent/shm/shared_regions.h"

namespace skerry::agent {

namespace edge = AWS::SageMaker::Edge;
namespace oip = inference;

/// Both ends of a connection.
std::pair<platform::FileDescriptor, platform::FileDescriptor> SocketPair();

/// A server, with all that it serves, and a client's channel to it.
class GrpcTest : public testing::Test {
 protected:
  GrpcTest();

  /// Starts the server with `options`; without, the first Connect does.
  Result<void> Start(const GrpcServer::Options& options = {});

  /// A channel over a connection that was made for it; `peer` is who the
  /// server takes it for.
  std::shared_ptr<grpc::Channel> Connect(const Peer& peer);
  std::shared_ptr<grpc::Channel> Connect();

  /// Loads the scale model (y = 2 * x) as `alias`.
  void LoadScale(const std::string& alias);
  /// Loads a model that waits for a gate.
  void LoadGate(const std::string& alias);

  TestPackages packages_;
  TestStore store_;
  std::unique_ptr<SharedRegions> regions_;
  std::unique_ptr<Repository> repository_;
  std::unique_ptr<Capture> capture_;
  std::unique_ptr<telemetry::Tracer> tracer_;
  std::atomic<bool> ready_ = true;
  std::unique_ptr<GrpcServer> server_;
};

/// The bytes of numbers, and the numbers of bytes.
std::string BytesOf(const std::vector<float>& values);
std::vector<float> FloatsOf(const std::string& bytes);

/// A request for the scale model, its input raw.
oip::ModelInferRequest ScaleInfer(const std::string& model,
                                  const std::vector<float>& values);
/// The same as AWS's clients send it.
edge::PredictRequest ScalePredict(const std::string& model,
                                  const std::vector<float>& values);

}  // namespace skerry::agent
