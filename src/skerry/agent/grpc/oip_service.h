#pragma once

#include <memory>
#include <string>
#include <vector>

#include "open_inference.pb.h"
#include "skerry/agent/grpc/method.h"
#include "skerry/agent/services.h"
#include "skerry/platform/work_queue.h"

namespace skerry::agent {

/// inference.GRPCInferenceService: the Open Inference Protocol with Triton's
/// additions; see proto/open_inference.proto.
///
/// Thread safety: thread-safe. Outlives the server.
class OipService {
 public:
  OipService(const Services& services, platform::WorkQueue& control)
      : services_(services), control_(control) {}

  std::vector<Method> Methods();

 private:
  /// As gRPC has it: "/package.Service/method".
  static std::string Path(const char* method);

  void AddServerMethods(std::vector<Method>& methods);
  void AddModelMethods(std::vector<Method>& methods);
  void AddRepositoryMethods(std::vector<Method>& methods);
  void AddMemoryMethods(std::vector<Method>& methods);

  void ModelInfer(const std::shared_ptr<Call>& call, grpc::ByteBuffer bytes);

  Result<inference::ModelReadyResponse> ModelReady(
      const inference::ModelReadyRequest& request) const;
  Result<inference::ServerMetadataResponse> ServerMetadata() const;
  Result<inference::ModelMetadataResponse> ModelMetadata(
      const inference::ModelMetadataRequest& request) const;
  Result<inference::ModelConfigResponse> ModelConfig(
      const inference::ModelConfigRequest& request) const;
  Result<inference::ModelStatisticsResponse> ModelStatistics(
      const inference::ModelStatisticsRequest& request) const;
  Result<inference::RepositoryIndexResponse> RepositoryIndex(
      const inference::RepositoryIndexRequest& request) const;
  Result<inference::RepositoryModelLoadResponse> RepositoryModelLoad(
      const inference::RepositoryModelLoadRequest& request) const;
  Result<inference::RepositoryModelUnloadResponse> RepositoryModelUnload(
      const inference::RepositoryModelUnloadRequest& request) const;
  Result<inference::SystemSharedMemoryStatusResponse> MemoryStatus(
      const inference::SystemSharedMemoryStatusRequest& request) const;

  const Services& services_;
  platform::WorkQueue& control_;
};

}  // namespace skerry::agent
