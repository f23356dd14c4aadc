#include "skerry/agent/rest/rest_api.h"

#include <algorithm>
#include <utility>

#include "skerry/agent/rest/binary_extension.h"
#include "skerry/agent/rest/content_encoding.h"
#include "skerry/agent/rest/memory_handlers.h"
#include "skerry/agent/rest/model_handlers.h"
#include "skerry/agent/rest/repository_handlers.h"

namespace skerry::agent {
namespace {

/// More JSON than this is read by another thread: about a millisecond.
constexpr std::size_t kReadHere = std::size_t{64} << 10;

HttpResponse MethodNotAllowed(HttpMethod wanted) {
  const std::string allow = wanted == HttpMethod::kGet ? "GET, HEAD" : "POST";
  HttpResponse response =
      HttpErrorResponse(405, "the method is not allowed here; use " + allow);
  response.headers.emplace_back("Allow", allow);
  return response;
}

bool Fits(HttpMethod method, HttpMethod wanted) {
  return method == wanted ||
         (method == HttpMethod::kHead && wanted == HttpMethod::kGet);
}

HttpResponse TextResponse(std::string text, int status) {
  HttpResponse response;
  response.status = status;
  response.content_type = "text/plain; charset=utf-8";
  response.body = std::move(text);
  return response;
}

HttpResponse ReadyJson(bool ready) {
  HttpResponse response;
  response.status = ready ? 200 : 503;
  response.body = ready ? R"({"ready":true})" : R"({"ready":false})";
  return response;
}

bool IsSlowToRead(const HttpRequest& request, const RestRoute& route) {
  if (!request.content_encoding.empty()) {
    return true;
  }
  if (route.endpoint != RestEndpoint::kInfer) {
    return false;
  }
  const auto parts = SplitInferBody(request.body, request.json_length);
  return parts && parts->json.size() > kReadHere;
}

HttpResponse EncodingError(const Error& error) {
  switch (error.code()) {
    case ErrorCode::kUnimplemented:
      return HttpErrorResponse(415, error.message());
    case ErrorCode::kResourceExhausted:
      return HttpErrorResponse(413, error.message());
    default:
      return HttpErrorResponse(error);
  }
}

}  // namespace

RestApi::RestApi(Services services, std::shared_ptr<EventGate> gate,
                 std::shared_ptr<BodyBudget> budget, std::size_t body_bytes_max)
    : services_(std::move(services)),
      gate_(std::move(gate)),
      budget_(std::move(budget)),
      body_bytes_max_(body_bytes_max),
      infer_(services_, gate_, bodies_) {}

void RestApi::Handle(const std::shared_ptr<HttpRequest>& request,
                     HttpReply reply) {
  auto route = FindRoute(request->path);
  if (!route) {
    reply(HttpErrorResponse(route.error()));
    return;
  }
  if (!Fits(request->method, route->method)) {
    reply(MethodNotAllowed(route->method));
    return;
  }
  if (!IsSlowToRead(*request, *route)) {
    Answer(request, *route, std::move(reply));
    return;
  }
  auto shared_reply = std::make_shared<HttpReply>(std::move(reply));
  const auto pushed =
      bodies_.Push([this, request, route = *std::move(route), shared_reply] {
        Decode(request, route, std::move(*shared_reply));
      });
  if (!pushed) {
    (*shared_reply)(HttpErrorResponse(pushed.error()));
  }
}

void RestApi::Decode(const std::shared_ptr<HttpRequest>& request,
                     const RestRoute& route, HttpReply reply) {
  auto body = DecodeContent(std::move(request->body), request->content_encoding,
                            body_bytes_max_);
  if (!body) {
    reply(EncodingError(body.error()));
    return;
  }
  if (!request->content_encoding.empty() && body->size() > kFreeBodyBytes) {
    if (!budget_->Take(body->size())) {
      reply(HttpErrorResponse(503, "too many large requests at once"));
      return;
    }
    request->claim = BodyClaim(budget_, body->size());
  }
  request->body = *std::move(body);
  Answer(request, route, std::move(reply));
}

void RestApi::Answer(const std::shared_ptr<HttpRequest>& request,
                     const RestRoute& route, HttpReply reply) {
  switch (route.endpoint) {
    case RestEndpoint::kInfer:
      infer_.Start(request, route, std::move(reply));
      return;
    case RestEndpoint::kRepositoryIndex:
    case RestEndpoint::kRepositoryLoad:
    case RestEndpoint::kRepositoryUnload:
      Push(changes_, std::move(reply),
           [this, request, route] { return AnswerNow(*request, route); });
      return;
    default:
      reply(AnswerNow(*request, route));
  }
}

void RestApi::Push(platform::WorkQueue& queue, HttpReply reply,
                   std::move_only_function<HttpResponse()> work) {
  auto shared_reply = std::make_shared<HttpReply>(std::move(reply));
  const auto pushed =
      queue.Push([work = std::move(work), shared_reply]() mutable {
        (*shared_reply)(work());
      });
  if (!pushed) {
    (*shared_reply)(HttpErrorResponse(pushed.error()));
  }
}

HttpResponse RestApi::AnswerNow(const HttpRequest& request,
                                const RestRoute& route) {
  switch (route.endpoint) {
    case RestEndpoint::kServerMetadata:
      return ServerMetadataResponse(services_);
    case RestEndpoint::kServerLive: {
      HttpResponse response;
      response.body = R"({"live":true})";
      return response;
    }
    case RestEndpoint::kServerReady:
      return ReadyJson(services_.ready);
    case RestEndpoint::kHealthz:
      return TextResponse("ok\n", 200);
    case RestEndpoint::kReadyz:
      return services_.ready ? TextResponse("ready\n", 200)
                             : TextResponse("not ready\n", 503);
    case RestEndpoint::kMetrics: {
      HttpResponse response =
          TextResponse(services_.metrics.RenderPrometheus(), 200);
      response.content_type = "text/plain; version=0.0.4";
      return response;
    }
    case RestEndpoint::kModelList:
      return ModelListResponse(services_);
    case RestEndpoint::kModelMetadata:
      return ModelMetadataResponse(services_, route.model, route.version);
    case RestEndpoint::kModelReady:
      return ModelReadyResponse(services_, route.model, route.version);
    case RestEndpoint::kModelConfig:
      return ModelConfigResponse(services_, route.model, route.version);
    case RestEndpoint::kModelStatistics:
    case RestEndpoint::kAllStatistics:
      return ModelStatisticsResponse(services_, route.model, route.version);
    case RestEndpoint::kRepositoryIndex:
      return RepositoryIndexResponse(services_, request.body);
    case RestEndpoint::kRepositoryLoad:
      return RepositoryLoadResponse(services_, route.model, request.body);
    case RestEndpoint::kRepositoryUnload:
      return RepositoryUnloadResponse(services_, route.model);
    case RestEndpoint::kMemoryStatus:
      return MemoryStatusResponse(services_, route);
    case RestEndpoint::kMemoryRegister:
      return MemoryRegisterResponse(services_, route, request);
    case RestEndpoint::kMemoryUnregister:
      return MemoryUnregisterResponse(services_, route, request);
    case RestEndpoint::kCudaStatus:
    case RestEndpoint::kCudaRegister:
    case RestEndpoint::kCudaUnregister:
      return CudaMemoryResponse(route);
    case RestEndpoint::kInfer:
      break;  // `Answer` starts it
  }
  return HttpErrorResponse(500, "no answer");
}

}  // namespace skerry::agent
