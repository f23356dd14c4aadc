// Loads a model into an agent and predicts, with the stubs that protoc makes
// from proto/edge_agent.proto.
//
// usage: agent_example SOCKET MODEL_FOLDER MODEL_NAME

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "edge_agent.grpc.pb.h"

namespace {

namespace edge = AWS::SageMaker::Edge;

/// Prints what went wrong; gives whether all is well.
bool Check(const char* what, const grpc::Status& status) {
  if (!status.ok()) {
    std::fprintf(stderr, "%s: %s\n", what, status.error_message().c_str());
  }
  return status.ok();
}

bool Load(edge::Agent::Stub& stub, const std::string& folder,
          const std::string& name, edge::Model& model) {
  grpc::ClientContext context;
  edge::LoadModelRequest request;
  request.set_url(folder);
  request.set_name(name);
  edge::LoadModelResponse response;
  const grpc::Status status = stub.LoadModel(&context, request, &response);
  model = response.model();
  return Check("LoadModel", status);
}

/// A tensor of ones for the input that `metadata` describes.
edge::Tensor Ones(const edge::TensorMetadata& metadata) {
  std::size_t count = 1;
  for (const int extent : metadata.shape()) {
    count *= static_cast<std::size_t>(extent);
  }
  const std::vector<float> values(count, 1.0F);
  edge::Tensor tensor;
  *tensor.mutable_tensor_metadata() = metadata;
  tensor.set_byte_data(values.data(), count * sizeof(float));
  return tensor;
}

bool Predict(edge::Agent::Stub& stub, const edge::Model& model) {
  grpc::ClientContext context;
  edge::PredictRequest request;
  request.set_name(model.name());
  for (const auto& metadata : model.input_tensor_metadatas()) {
    *request.add_tensors() = Ones(metadata);
  }
  edge::PredictResponse response;
  const grpc::Status status = stub.Predict(&context, request, &response);
  if (!Check("Predict", status) || response.tensors().empty()) return false;
  const edge::Tensor& output = response.tensors(0);
  const std::span<const float> scores(
      reinterpret_cast<const float*>(output.byte_data().data()),
      output.byte_data().size() / sizeof(float));
  if (scores.empty()) return false;
  const auto best = std::ranges::max_element(scores);
  std::printf("%s: largest score %.4f at %td\n", model.name().c_str(),
              static_cast<double>(*best), best - scores.begin());
  return true;
}

bool Unload(edge::Agent::Stub& stub, const std::string& name) {
  grpc::ClientContext context;
  edge::UnLoadModelRequest request;
  request.set_name(name);
  edge::UnLoadModelResponse response;
  return Check("UnLoadModel", stub.UnLoadModel(&context, request, &response));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: %s SOCKET MODEL_FOLDER MODEL_NAME\n", argv[0]);
    return 2;
  }
  const auto channel = grpc::CreateChannel(std::string("unix:") + argv[1],
                                           grpc::InsecureChannelCredentials());
  const std::unique_ptr<edge::Agent::Stub> stub = edge::Agent::NewStub(channel);
  edge::Model model;
  const bool done = Load(*stub, argv[2], argv[3], model) &&
                    Predict(*stub, model) && Unload(*stub, argv[3]);
  return done ? 0 : 1;
}
