#include "grpc_caller.h"

#include <grpcpp/grpcpp.h>

#include <cstdio>
#include <cstdlib>

namespace skerry::soak {
namespace {

using Clock = std::chrono::system_clock;

/// No call takes so much longer than its deadline.
constexpr auto kHopeless = std::chrono::seconds(120);
constexpr auto kControlDeadline = std::chrono::seconds(60);

void SetDeadline(grpc::ClientContext& context,
                 std::chrono::microseconds deadline) {
  context.set_deadline(Clock::now() + deadline);
}

}  // namespace

GrpcCaller::GrpcCaller(const std::string& socket) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  channel_ = grpc::CreateCustomChannel(
      "unix:" + socket, grpc::InsecureChannelCredentials(), arguments);
  inference_ = inference::GRPCInferenceService::NewStub(channel_);
  agent_ = edge::Agent::NewStub(channel_);
}

template <class Reader, class Response>
grpc::Status GrpcCaller::Finish(grpc::ClientContext& context, Reader& reader,
                                Response& response, const Patience& patience) {
  grpc::Status status;
  reader->Finish(&response, &status, this);
  if (patience.cancel_after) {
    const auto end = std::chrono::steady_clock::now() + *patience.cancel_after;
    while (std::chrono::steady_clock::now() < end) {
    }
    context.TryCancel();
  }
  void* tag = nullptr;
  bool ok = false;
  if (queue_.AsyncNext(&tag, &ok,
                       Clock::now() + patience.deadline + kHopeless) !=
      grpc::CompletionQueue::GOT_EVENT) {
    std::fprintf(stderr, "soak: a call never ended\n");
    std::_Exit(1);
  }
  return status;
}

grpc::Status GrpcCaller::Infer(const inference::ModelInferRequest& request,
                               inference::ModelInferResponse& response,
                               const Patience& patience) {
  grpc::ClientContext context;
  SetDeadline(context, patience.deadline);
  auto reader = inference_->AsyncModelInfer(&context, request, &queue_);
  return Finish(context, reader, response, patience);
}

grpc::Status GrpcCaller::Predict(const edge::PredictRequest& request,
                                 edge::PredictResponse& response,
                                 const Patience& patience) {
  grpc::ClientContext context;
  SetDeadline(context, patience.deadline);
  auto reader = agent_->AsyncPredict(&context, request, &queue_);
  return Finish(context, reader, response, patience);
}

grpc::Status GrpcCaller::Load(const std::string& name,
                              const std::string& folder) {
  grpc::ClientContext context;
  SetDeadline(context, kControlDeadline);
  edge::LoadModelRequest request;
  request.set_name(name);
  request.set_url(folder);
  edge::LoadModelResponse response;
  return agent_->LoadModel(&context, request, &response);
}

grpc::Status GrpcCaller::Unload(const std::string& name) {
  grpc::ClientContext context;
  SetDeadline(context, kControlDeadline);
  edge::UnLoadModelRequest request;
  request.set_name(name);
  edge::UnLoadModelResponse response;
  return agent_->UnLoadModel(&context, request, &response);
}

grpc::Status GrpcCaller::Register(const std::string& name,
                                  const std::string& key,
                                  std::size_t byte_size) {
  grpc::ClientContext context;
  SetDeadline(context, kControlDeadline);
  inference::SystemSharedMemoryRegisterRequest request;
  request.set_name(name);
  request.set_key(key);
  request.set_byte_size(byte_size);
  inference::SystemSharedMemoryRegisterResponse response;
  return inference_->SystemSharedMemoryRegister(&context, request, &response);
}

grpc::Status GrpcCaller::Unregister(const std::string& name) {
  grpc::ClientContext context;
  SetDeadline(context, kControlDeadline);
  inference::SystemSharedMemoryUnregisterRequest request;
  request.set_name(name);
  inference::SystemSharedMemoryUnregisterResponse response;
  return inference_->SystemSharedMemoryUnregister(&context, request, &response);
}

}  // namespace skerry::soak
