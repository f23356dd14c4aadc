#include "skerry/agent/grpc/edge_service.h"

#include <string>
#include <string_view>
#include <utility>

#include "skerry/agent/grpc/edge_capture.h"
#include "skerry/agent/grpc/edge_prediction.h"
#include "skerry/agent/grpc/edge_types.h"

namespace skerry::agent {
namespace {

namespace edge = AWS::SageMaker::Edge;

constexpr int kPredictWaitingCount = 8;  // as OipService's

std::string EdgePath(const char* method) {
  return std::string("/AWS.SageMaker.Edge.Agent/") + method;
}

void FillModel(edge::Model& model, const ModelDescription& description) {
  model.set_url(description.folder);
  model.set_name(description.alias);
  for (const TensorSpec& spec : description.inputs) {
    FillEdgeMetadata(*model.add_input_tensor_metadatas(), spec.name, spec.type);
  }
  for (const TensorSpec& spec : description.outputs) {
    FillEdgeMetadata(*model.add_output_tensor_metadatas(), spec.name,
                     spec.type);
  }
}

// Clients send paths; some write them as URLs.
std::string PathOfUrl(std::string_view url) {
  constexpr std::string_view kScheme = "file://";
  if (url.starts_with(kScheme)) url.remove_prefix(kScheme.size());
  return std::string(url);
}

}  // namespace

std::vector<Method> EdgeService::Methods() {
  std::vector<Method> methods;
  Method predict;
  predict.path = EdgePath("Predict");
  predict.waiting_count = kPredictWaitingCount;
  predict.call = [this](const std::shared_ptr<Call>& call,
                        grpc::ByteBuffer& bytes) { Predict(call, bytes); };
  methods.push_back(std::move(predict));
  methods.push_back(AnswerBlocking<edge::LoadModelRequest>(
      EdgePath("LoadModel"), control_,
      [this](const edge::LoadModelRequest& request, const Caller&) {
        return LoadModel(request);
      }));
  methods.push_back(AnswerBlocking<edge::UnLoadModelRequest>(
      EdgePath("UnLoadModel"), control_,
      [this](const edge::UnLoadModelRequest& request, const Caller&) {
        return UnLoadModel(request);
      }));
  methods.push_back(AnswerNow<edge::ListModelsRequest>(
      EdgePath("ListModels"), [this](const edge::ListModelsRequest&,
                                     const Caller&) { return ListModels(); }));
  methods.push_back(AnswerNow<edge::DescribeModelRequest>(
      EdgePath("DescribeModel"),
      [this](const edge::DescribeModelRequest& request, const Caller&) {
        return DescribeModel(request);
      }));
  methods.push_back(AnswerNow<edge::CaptureDataRequest>(
      EdgePath("CaptureData"),
      [this](const edge::CaptureDataRequest& request, const Caller& caller) {
        return CaptureData(request, caller);
      }));
  methods.push_back(AnswerNow<edge::GetCaptureDataStatusRequest>(
      EdgePath("GetCaptureDataStatus"),
      [this](const edge::GetCaptureDataStatusRequest& request, const Caller&) {
        return CaptureState(request);
      }));
  return methods;
}

void EdgeService::Predict(const std::shared_ptr<Call>& call,
                          grpc::ByteBuffer bytes) {
  const auto prediction =
      std::make_shared<EdgePrediction>(services_, call->caller());
  if (auto parsed = ParseMessage(&bytes, &prediction->message()); !parsed) {
    return call->Fail(parsed.error());
  }
  auto request = prediction->Read();
  if (!request) {
    return call->Fail(prediction->Answer(request.error()).error());
  }
  request->owner = prediction;
  request->cancelled = call->cancelled();
  services_.models.Infer(*std::move(request),
                         [prediction, call](Result<InferenceResult> result) {
                           auto answer = prediction->Answer(std::move(result));
                           if (!answer) return call->Fail(answer.error());
                           call->Finish(answer->Take());
                         });
}

Result<edge::LoadModelResponse> EdgeService::LoadModel(
    const edge::LoadModelRequest& request) const {
  SKERRY_ASSIGN_OR_RETURN(
      ModelDescription model,
      services_.models.Load(request.name(), PathOfUrl(request.url()),
                            std::nullopt));
  model.folder = request.url();
  edge::LoadModelResponse response;
  FillModel(*response.mutable_model(), model);
  return response;
}

Result<edge::UnLoadModelResponse> EdgeService::UnLoadModel(
    const edge::UnLoadModelRequest& request) const {
  SKERRY_RETURN_IF_ERROR(services_.models.Unload(request.name()));
  return edge::UnLoadModelResponse();
}

Result<edge::ListModelsResponse> EdgeService::ListModels() const {
  edge::ListModelsResponse response;
  for (const ModelDescription& model : services_.models.List()) {
    FillModel(*response.add_models(), model);
  }
  return response;
}

Result<edge::DescribeModelResponse> EdgeService::DescribeModel(
    const edge::DescribeModelRequest& request) const {
  SKERRY_ASSIGN_OR_RETURN(const ModelDescription model,
                          services_.models.Describe(request.name(), ""));
  edge::DescribeModelResponse response;
  FillModel(*response.mutable_model(), model);
  return response;
}

Result<edge::CaptureDataResponse> EdgeService::CaptureData(
    const edge::CaptureDataRequest& request, const Caller& caller) const {
  if (services_.capture == nullptr) {
    return FailedPrecondition(
        "capturing is not configured; set "
        "sagemaker_edge_core_capture_data_destination and its folder or "
        "bucket");
  }
  SKERRY_ASSIGN_OR_RETURN(CaptureRecord record,
                          ReadCaptureRecord(request, services_, caller));
  SKERRY_RETURN_IF_ERROR(services_.capture->Accept(std::move(record)));
  return edge::CaptureDataResponse();
}

// The interface has two ways to say that an id is unknown. The enumerator has
// no other use than this, so it is the one.
Result<edge::GetCaptureDataStatusResponse> EdgeService::CaptureState(
    const edge::GetCaptureDataStatusRequest& request) const {
  CaptureStatus status = CaptureStatus::kNotFound;
  if (services_.capture != nullptr) {
    status = services_.capture->Status(request.capture_id());
  }
  edge::GetCaptureDataStatusResponse response;
  response.set_status(static_cast<edge::CaptureDataStatus>(status));
  return response;
}

}  // namespace skerry::agent
