#include "skerry/agent/grpc/oip_service.h"

#include <string>
#include <utility>

#include "skerry/agent/grpc/oip_inference.h"
#include "skerry/agent/grpc/oip_stream.h"

namespace skerry::agent {
namespace {

// Requests of one connection after another come in while the first is handed
// on; each one that waits here saves it a detour through gRPC's queue.
constexpr int kInferWaitingCount = 8;

}  // namespace

std::string OipService::Path(const char* method) {
  return std::string("/inference.GRPCInferenceService/") + method;
}

std::vector<Method> OipService::Methods() {
  std::vector<Method> methods;
  Method infer;
  infer.path = Path("ModelInfer");
  infer.waiting_count = kInferWaitingCount;
  infer.call = [this](const std::shared_ptr<Call>& call,
                      grpc::ByteBuffer& bytes) { ModelInfer(call, bytes); };
  methods.push_back(std::move(infer));
  Method stream;
  stream.path = Path("ModelStreamInfer");
  stream.stream = [this](Stream& made) {
    return std::make_unique<OipStream>(services_, made);
  };
  methods.push_back(std::move(stream));
  AddServerMethods(methods);
  AddModelMethods(methods);
  AddRepositoryMethods(methods);
  AddMemoryMethods(methods);
  return methods;
}

void OipService::ModelInfer(const std::shared_ptr<Call>& call,
                            grpc::ByteBuffer bytes) {
  const auto inference = std::make_shared<OipInference>(services_);
  if (auto parsed = ParseMessage(&bytes, &inference->message()); !parsed) {
    return call->Fail(parsed.error());
  }
  auto request = inference->Read(call->caller());
  if (!request) {
    return call->Fail(inference->Answer(request.error()).error());
  }
  request->owner = inference;
  request->cancelled = call->cancelled();
  services_.models.Infer(*std::move(request),
                         [inference, call](Result<InferenceResult> result) {
                           auto answer = inference->Answer(std::move(result));
                           if (!answer) return call->Fail(answer.error());
                           call->Finish(answer->Take());
                         });
}

void OipService::AddServerMethods(std::vector<Method>& methods) {
  using inference::ServerLiveRequest;
  using inference::ServerLiveResponse;
  using inference::ServerMetadataRequest;
  using inference::ServerReadyRequest;
  using inference::ServerReadyResponse;
  methods.push_back(AnswerNow<ServerLiveRequest>(
      Path("ServerLive"), [](const ServerLiveRequest&, const Caller&) {
        ServerLiveResponse response;
        response.set_live(true);
        return Result<ServerLiveResponse>(std::move(response));
      }));
  methods.push_back(AnswerNow<ServerReadyRequest>(
      Path("ServerReady"), [this](const ServerReadyRequest&, const Caller&) {
        ServerReadyResponse response;
        response.set_ready(services_.ready.load());
        return Result<ServerReadyResponse>(std::move(response));
      }));
  methods.push_back(AnswerNow<ServerMetadataRequest>(
      Path("ServerMetadata"),
      [this](const ServerMetadataRequest&, const Caller&) {
        return ServerMetadata();
      }));
}

Result<inference::ServerMetadataResponse> OipService::ServerMetadata() const {
  inference::ServerMetadataResponse response;
  response.set_name("skerry-agent");
  response.set_version(services_.version);
  for (const char* extension :
       {"binary_tensor_data", "model_configuration", "model_repository",
        "model_repository(unload_dependents)", "parameters", "statistics",
        "system_shared_memory"}) {
    response.add_extensions(extension);
  }
  return response;
}

void OipService::AddRepositoryMethods(std::vector<Method>& methods) {
  using inference::RepositoryIndexRequest;
  using inference::RepositoryModelLoadRequest;
  using inference::RepositoryModelUnloadRequest;
  // The index reads a folder, which may be slow too.
  methods.push_back(AnswerBlocking<RepositoryIndexRequest>(
      Path("RepositoryIndex"), control_,
      [this](const RepositoryIndexRequest& request, const Caller&) {
        return RepositoryIndex(request);
      }));
  methods.push_back(AnswerBlocking<RepositoryModelLoadRequest>(
      Path("RepositoryModelLoad"), control_,
      [this](const RepositoryModelLoadRequest& request, const Caller&) {
        return RepositoryModelLoad(request);
      }));
  methods.push_back(AnswerBlocking<RepositoryModelUnloadRequest>(
      Path("RepositoryModelUnload"), control_,
      [this](const RepositoryModelUnloadRequest& request, const Caller&) {
        return RepositoryModelUnload(request);
      }));
}

Result<inference::RepositoryIndexResponse> OipService::RepositoryIndex(
    const inference::RepositoryIndexRequest& request) const {
  inference::RepositoryIndexResponse response;
  for (const Repository::Entry& entry :
       services_.repository.Index(request.ready())) {
    auto& model = *response.add_models();
    model.set_name(entry.name);
    model.set_version(entry.version);
    model.set_state(entry.state);
    model.set_reason(entry.reason);
  }
  return response;
}

Result<inference::RepositoryModelLoadResponse> OipService::RepositoryModelLoad(
    const inference::RepositoryModelLoadRequest& request) const {
  std::string config;
  for (const auto& [name, value] : request.parameters()) {
    if (name != "config") {
      return InvalidArgument("parameter '" + name +
                             "' is not supported; only 'config' is");
    }
    if (value.parameter_choice_case() !=
        inference::ModelRepositoryParameter::kStringParam) {
      return InvalidArgument("parameter 'config' must be text");
    }
    config = value.string_param();
  }
  SKERRY_RETURN_IF_ERROR(
      services_.repository.Load(request.model_name(), config));
  return inference::RepositoryModelLoadResponse();
}

Result<inference::RepositoryModelUnloadResponse>
OipService::RepositoryModelUnload(
    const inference::RepositoryModelUnloadRequest& request) const {
  SKERRY_RETURN_IF_ERROR(services_.repository.Unload(request.model_name()));
  return inference::RepositoryModelUnloadResponse();
}

void OipService::AddMemoryMethods(std::vector<Method>& methods) {
  using inference::SystemSharedMemoryRegisterRequest;
  using inference::SystemSharedMemoryRegisterResponse;
  using inference::SystemSharedMemoryStatusRequest;
  using inference::SystemSharedMemoryUnregisterRequest;
  using inference::SystemSharedMemoryUnregisterResponse;
  methods.push_back(AnswerNow<SystemSharedMemoryStatusRequest>(
      Path("SystemSharedMemoryStatus"),
      [this](const SystemSharedMemoryStatusRequest& request, const Caller&) {
        return MemoryStatus(request);
      }));
  methods.push_back(AnswerNow<SystemSharedMemoryRegisterRequest>(
      Path("SystemSharedMemoryRegister"),
      [this](
          const SystemSharedMemoryRegisterRequest& request,
          const Caller& caller) -> Result<SystemSharedMemoryRegisterResponse> {
        SKERRY_RETURN_IF_ERROR(services_.regions.Register(
            request.name(), request.key(), request.offset(),
            request.byte_size(), caller.peer()));
        return SystemSharedMemoryRegisterResponse();
      }));
  methods.push_back(AnswerNow<SystemSharedMemoryUnregisterRequest>(
      Path("SystemSharedMemoryUnregister"),
      [this](const SystemSharedMemoryUnregisterRequest& request,
             const Caller& caller)
          -> Result<SystemSharedMemoryUnregisterResponse> {
        SKERRY_RETURN_IF_ERROR(
            services_.regions.Unregister(request.name(), caller.peer()));
        return SystemSharedMemoryUnregisterResponse();
      }));
}

Result<inference::SystemSharedMemoryStatusResponse> OipService::MemoryStatus(
    const inference::SystemSharedMemoryStatusRequest& request) const {
  SKERRY_ASSIGN_OR_RETURN(const auto regions,
                          services_.regions.List(request.name()));
  inference::SystemSharedMemoryStatusResponse response;
  for (const SharedRegions::Status& status : regions) {
    auto& region = (*response.mutable_regions())[status.name];
    region.set_name(status.name);
    region.set_key(status.key);
    region.set_offset(status.offset);
    region.set_byte_size(status.byte_size);
  }
  return response;
}

}  // namespace skerry::agent
