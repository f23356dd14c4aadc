#pragma once

#include <memory>
#include <vector>

#include "edge_agent.pb.h"
#include "skerry/agent/grpc/method.h"
#include "skerry/agent/services.h"
#include "skerry/platform/work_queue.h"

namespace skerry::agent {

/// AWS.SageMaker.Edge.Agent; see proto/edge_agent.proto.
///
/// Thread safety: thread-safe. Outlives the server.
class EdgeService {
 public:
  EdgeService(const Services& services, platform::WorkQueue& control)
      : services_(services), control_(control) {}

  std::vector<Method> Methods();

 private:
  void Predict(const std::shared_ptr<Call>& call, grpc::ByteBuffer bytes);

  Result<AWS::SageMaker::Edge::LoadModelResponse> LoadModel(
      const AWS::SageMaker::Edge::LoadModelRequest& request) const;
  Result<AWS::SageMaker::Edge::UnLoadModelResponse> UnLoadModel(
      const AWS::SageMaker::Edge::UnLoadModelRequest& request) const;
  Result<AWS::SageMaker::Edge::ListModelsResponse> ListModels() const;
  Result<AWS::SageMaker::Edge::DescribeModelResponse> DescribeModel(
      const AWS::SageMaker::Edge::DescribeModelRequest& request) const;
  Result<AWS::SageMaker::Edge::CaptureDataResponse> CaptureData(
      const AWS::SageMaker::Edge::CaptureDataRequest& request,
      const Caller& caller) const;
  Result<AWS::SageMaker::Edge::GetCaptureDataStatusResponse> CaptureState(
      const AWS::SageMaker::Edge::GetCaptureDataStatusRequest& request) const;

  const Services& services_;
  platform::WorkQueue& control_;
};

}  // namespace skerry::agent
