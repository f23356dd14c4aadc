#include "skerry/agent/client/client.h"

#include <grpcpp/completion_queue.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/proto_buffer_reader.h>

#include <algorithm>
#include <utility>

#include "open_inference.grpc.pb.h"
#include "skerry/agent/client/channel.h"
#include "skerry/agent/client/infer_message.h"
#include "skerry/agent/client/region.h"

namespace skerry::agent {
namespace {

constexpr char kInferMethod[] = "/inference.GRPCInferenceService/ModelInfer";

class ClientImpl final : public Client {
 public:
  ClientImpl(std::shared_ptr<grpc::Channel> channel, ClientOptions options)
      : options_(options),
        stub_(inference::GRPCInferenceService::NewStub(channel)),
        bytes_stub_(std::move(channel)) {}

  ~ClientImpl() override { Forget(); }

  Result<void> Greet();
  Result<std::vector<std::string>> ListModels() override;
  Result<RemoteModel> Describe(const std::string& model) override;
  Result<void> Prepare(const RemoteModel& model) override;
  std::span<std::byte> input(std::size_t index) override;
  Result<void> Run() override;
  std::span<const std::byte> output(std::size_t index) const override;
  Result<std::vector<Tensor>> Predict(std::span<const Tensor> inputs) override;
  std::chrono::nanoseconds model_time() const override { return model_time_; }

 private:
  Result<void> PrepareShared();
  Result<void> RenewOutputs();
  Result<void> Register(const Region& region);
  void Unregister(const std::shared_ptr<Region>& region);
  void Forget();
  Result<void> Send();
  Result<void> ReadAnswer();
  Result<void> CheckInputs(std::span<const Tensor> inputs) const;

  ClientOptions options_;
  std::unique_ptr<inference::GRPCInferenceService::Stub> stub_;
  grpc::GenericStub bytes_stub_;  ///< sends and gives bytes as they are
  grpc::CompletionQueue queue_;

  RemoteModel model_;
  Places input_places_;
  Places output_places_;
  std::shared_ptr<std::byte[]> memory_;  ///< of inputs that travel inline
  std::shared_ptr<Region> input_region_;
  std::shared_ptr<Region> output_region_;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer answer_;
  inference::ModelInferResponse response_;
  std::vector<std::span<const std::byte>> outputs_;
  std::chrono::nanoseconds model_time_{};
};

Result<void> ClientImpl::Greet() {
  grpc::ClientContext context;
  SetTimeout(context, options_.timeout);
  inference::ServerLiveResponse response;
  return ToResult(stub_->ServerLive(&context, {}, &response));
}

Result<std::vector<std::string>> ClientImpl::ListModels() {
  grpc::ClientContext context;
  SetTimeout(context, options_.timeout);
  inference::RepositoryIndexRequest request;
  request.set_ready(true);
  inference::RepositoryIndexResponse response;
  SKERRY_RETURN_IF_ERROR(
      ToResult(stub_->RepositoryIndex(&context, request, &response)));
  std::vector<std::string> names;
  for (const auto& model : response.models()) names.push_back(model.name());
  // A model is listed once for each version.
  std::ranges::sort(names);
  const auto repeated = std::ranges::unique(names);
  names.erase(repeated.begin(), repeated.end());
  return names;
}

Result<RemoteModel> ClientImpl::Describe(const std::string& model) {
  grpc::ClientContext context;
  SetTimeout(context, options_.timeout);
  inference::ModelMetadataRequest request;
  request.set_name(model);
  inference::ModelMetadataResponse response;
  SKERRY_RETURN_IF_ERROR(
      ToResult(stub_->ModelMetadata(&context, request, &response)));
  return ReadMetadata(response);
}

Result<void> ClientImpl::Prepare(const RemoteModel& model) {
  Forget();
  model_ = model;
  input_places_ = PlaceTensors(model_.inputs);
  output_places_ = PlaceTensors(model_.outputs);
  if (options_.shared_memory) return PrepareShared();
  memory_ = std::make_shared<std::byte[]>(input_places_.byte_count);
  request_ = InlineRequest(model_, memory_, input_places_);
  return {};
}

Result<void> ClientImpl::PrepareShared() {
  SKERRY_ASSIGN_OR_RETURN(input_region_,
                          Region::Create(input_places_.byte_count));
  SKERRY_RETURN_IF_ERROR(Register(*input_region_));
  return RenewOutputs();
}

/// Gives the outputs memory that no earlier request can still write to.
Result<void> ClientImpl::RenewOutputs() {
  Unregister(std::exchange(output_region_, nullptr));
  SKERRY_ASSIGN_OR_RETURN(std::shared_ptr<Region> region,
                          Region::Create(output_places_.byte_count));
  SKERRY_RETURN_IF_ERROR(Register(*region));
  output_region_ = std::move(region);
  request_ = SharedRequest(model_, *input_region_, input_places_,
                           *output_region_, output_places_);
  return {};
}

Result<void> ClientImpl::Register(const Region& region) {
  grpc::ClientContext context;
  SetTimeout(context, options_.timeout);
  inference::SystemSharedMemoryRegisterRequest request;
  request.set_name(region.name());
  request.set_key(region.key());
  request.set_byte_size(region.bytes().size());
  inference::SystemSharedMemoryRegisterResponse response;
  return ToResult(
      stub_->SystemSharedMemoryRegister(&context, request, &response));
}

void ClientImpl::Unregister(const std::shared_ptr<Region>& region) {
  if (region == nullptr) return;
  grpc::ClientContext context;
  SetTimeout(context, options_.timeout);
  inference::SystemSharedMemoryUnregisterRequest request;
  request.set_name(region->name());
  inference::SystemSharedMemoryUnregisterResponse response;
  // An agent that is gone has forgotten the region by itself.
  stub_->SystemSharedMemoryUnregister(&context, request, &response);
}

void ClientImpl::Forget() {
  Unregister(std::exchange(input_region_, nullptr));
  Unregister(std::exchange(output_region_, nullptr));
  outputs_.clear();
}

std::span<std::byte> ClientImpl::input(std::size_t index) {
  const std::span<std::byte> memory =
      options_.shared_memory
          ? input_region_->bytes()
          : std::span(memory_.get(), input_places_.byte_count);
  return BytesAt(memory, input_places_, model_.inputs, index);
}

Result<void> ClientImpl::Run() {
  outputs_.clear();
  model_time_ = {};
  if (options_.shared_memory && output_region_ == nullptr) {
    SKERRY_RETURN_IF_ERROR(RenewOutputs());
  }
  Result<void> done = Send();
  if (done) done = ReadAnswer();
  // The agent may still be at work on a request that was given up here; what
  // it writes must not pass for the answer to the next one.
  if (!done) Unregister(std::exchange(output_region_, nullptr));
  return done;
}

Result<void> ClientImpl::Send() {
  grpc::ClientContext context;
  SetTimeout(context, options_.timeout);
  grpc::Status status;
  const auto call =
      bytes_stub_.PrepareUnaryCall(&context, kInferMethod, request_, &queue_);
  call->StartCall();
  call->Finish(&answer_, &status, this);
  void* tag = nullptr;
  bool ok = false;
  if (!queue_.Next(&tag, &ok)) return Internal("gRPC's queue is closed");
  return ToResult(status);
}

Result<void> ClientImpl::ReadAnswer() {
  grpc::ProtoBufferReader reader(&answer_);
  if (!response_.ParseFromZeroCopyStream(&reader)) {
    return Internal("the agent's answer cannot be read");
  }
  model_time_ = ModelTime(response_);
  if (!options_.shared_memory) {
    SKERRY_ASSIGN_OR_RETURN(outputs_, InlineOutputs(model_, response_));
    return {};
  }
  for (std::size_t i = 0; i < model_.outputs.size(); ++i) {
    outputs_.emplace_back(
        BytesAt(output_region_->bytes(), output_places_, model_.outputs, i));
  }
  return {};
}

std::span<const std::byte> ClientImpl::output(std::size_t index) const {
  return index < outputs_.size() ? outputs_[index]
                                 : std::span<const std::byte>();
}

Result<void> ClientImpl::CheckInputs(std::span<const Tensor> inputs) const {
  if (inputs.size() != model_.inputs.size()) {
    return InvalidArgument("'" + model_.name + "' has " +
                           std::to_string(model_.inputs.size()) +
                           " inputs, not " + std::to_string(inputs.size()));
  }
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const TensorSpec& spec = model_.inputs[i];
    if (inputs[i].type() == spec.type) continue;
    return InvalidArgument("input '" + spec.name + "' wants " +
                           spec.type.ToString() + ", not " +
                           inputs[i].type().ToString());
  }
  return {};
}

Result<std::vector<Tensor>> ClientImpl::Predict(
    std::span<const Tensor> inputs) {
  SKERRY_RETURN_IF_ERROR(CheckInputs(inputs));
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    std::ranges::copy(inputs[i].bytes(), input(i).begin());
  }
  SKERRY_RETURN_IF_ERROR(Run());
  std::vector<Tensor> tensors;
  for (std::size_t i = 0; i < model_.outputs.size(); ++i) {
    Tensor& tensor = tensors.emplace_back(model_.outputs[i].type);
    std::ranges::copy(outputs_[i], tensor.bytes().begin());
  }
  return tensors;
}

}  // namespace

Result<std::unique_ptr<Client>> Client::Connect(const std::string& socket,
                                                const ClientOptions& options) {
  auto client =
      std::make_unique<ClientImpl>(MakeChannel(socket, options), options);
  const Result<void> greeted = client->Greet();
  if (!greeted) {
    return Error(greeted.error().code(),
                 "no agent answers at '" + socket +
                     "': " + greeted.error().message() +
                     "\nstart one: skerry-agent -a SOCKET -c CONFIG.json");
  }
  return client;
}

}  // namespace skerry::agent
