#include "skerry/cloud/sagemaker/runtime.h"

#include <re2/re2.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>
#include <utility>

#include "skerry/cloud/sagemaker/call.h"
#include "skerry/cloud/sagemaker/payload_format.h"
#include "skerry/cloud/sagemaker/verified_exchange.h"

namespace skerry::cloud {
namespace {

constexpr std::size_t kIdleClientsMax = 32;
constexpr std::chrono::seconds kAgentTimeout{60};
constexpr std::string_view kHeaderLength = "inference-header-content-length";
constexpr std::string_view kAction = "sagemaker:InvokeEndpoint";

std::string HeaderOf(const http::Response& response, std::string_view wanted) {
  for (const auto& [name, value] : response.headers) {
    if (std::ranges::equal(name, wanted, [](char a, char b) {
          return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b;
        })) {
      return value;
    }
  }
  return "";
}

// What an agent's refusal says.
std::string MessageOf(const http::Response& response) {
  const Json json =
      Json::parse(response.body, nullptr, /*allow_exceptions=*/false);
  if (json.is_object() && json.contains("error") && json["error"].is_string()) {
    return json["error"].get<std::string>();
  }
  return response.body.substr(0, 1024);
}

class InvokeExchange final : public VerifiedExchange {
 public:
  InvokeExchange(AccessKeys& keys, AgentClients& agent, RequestHead head)
      : VerifiedExchange(keys, std::move(head), kPayloadBytesMax),
        agent_(agent) {}

 protected:
  Response Answer(std::string_view body) override {
    ApiResult<Payload> payload = Run(body);
    if (!payload) return Refuse(payload.error());
    Response response;
    response.headers = {{"Content-Type", payload->content_type},
                        {"x-Amzn-Invoked-Production-Variant", "AllTraffic"},
                        {"x-amzn-RequestId", request_id()}};
    const std::string_view attributes =
        head().header("x-amzn-sagemaker-custom-attributes");
    if (!attributes.empty()) {
      response.headers.emplace_back("X-Amzn-SageMaker-Custom-Attributes",
                                    attributes);
    }
    response.body = std::move(payload->bytes);
    return response;
  }

  Response Refuse(const ApiError& error) const override {
    Response response = RestJsonErrorResponse(error, request_id());
    if (error.code == "ModelError") {
      response.body = Json{
          {"Message", error.message},
          {"OriginalStatusCode", original_status_},
          {"OriginalMessage",
           error.message}}.dump(-1, ' ', false, Json::error_handler_t::replace);
    }
    return response;
  }

 private:
  // The name between "/endpoints/" and "/invocations".
  std::optional<std::string> Endpoint() const {
    static const re2::RE2 kPath(
        "/endpoints/([a-zA-Z0-9](?:-*[a-zA-Z0-9]){0,62})/invocations");
    const std::string_view path = head().path();
    std::string name;
    if (head().method != "POST" ||
        !re2::RE2::FullMatch(re2::StringPiece(path.data(), path.size()), kPath,
                             &name)) {
      return std::nullopt;
    }
    return name;
  }

  ApiResult<Payload> Run(std::string_view body) {
    const std::optional<std::string> endpoint = Endpoint();
    if (!endpoint) {
      return std::unexpected(ApiError{
          404, "UnknownOperationException",
          "The requested operation is not recognized by the service."});
    }
    if (!Allows(verified().principal, kAction, *endpoint)) {
      return std::unexpected(ApiError{
          403, "AccessDeniedException",
          "The key " + verified().principal.access_key_id +
              " is not authorized to perform " + std::string(kAction) + "."});
    }
    SKERRY_API_ASSIGN_OR_RETURN(
        const PayloadFormat input,
        PayloadFormatOf(head().header("content-type"), body));
    SKERRY_API_ASSIGN_OR_RETURN(const PayloadFormat output,
                                AnswerFormatOf(head().header("accept"), input));
    Json metadata = Json::object();
    if (input != PayloadFormat::kProtocol) {
      SKERRY_API_ASSIGN_OR_RETURN(metadata, Metadata(*endpoint));
    }
    SKERRY_API_ASSIGN_OR_RETURN(
        const InferRequest request,
        MakeInferRequest(body, input, output, metadata));
    return Infer(*endpoint, request, output);
  }

  ApiResult<Json> Metadata(const std::string& endpoint) {
    SKERRY_API_ASSIGN_OR_RETURN(
        const http::Response response,
        Ask(endpoint, {.target = "/v2/models/" + endpoint}));
    const Json json =
        Json::parse(response.body, nullptr, /*allow_exceptions=*/false);
    return json.is_object() ? json : Json::object();
  }

  ApiResult<Payload> Infer(const std::string& endpoint,
                           const InferRequest& request, PayloadFormat output) {
    const std::string body = request.json + request.binary;
    http::Headers headers = {{"Content-Type", "application/json"}};
    if (!request.binary.empty()) {
      headers = {{"Content-Type", "application/octet-stream"},
                 {"Inference-Header-Content-Length",
                  std::to_string(request.json.size())}};
    }
    SKERRY_API_ASSIGN_OR_RETURN(
        const http::Response response,
        Ask(endpoint, {.method = "POST",
                       .target = "/v2/models/" + endpoint + "/infer",
                       .headers = std::move(headers),
                       .body = body}));
    const std::string length = HeaderOf(response, kHeaderLength);
    std::size_t json_bytes = response.body.size();
    if (!length.empty()) {
      std::from_chars(length.data(), length.data() + length.size(), json_bytes);
      json_bytes = std::min(json_bytes, response.body.size());
    }
    const std::string_view answer = response.body;
    const Json json = Json::parse(answer.substr(0, json_bytes), nullptr,
                                  /*allow_exceptions=*/false);
    return MakePayload(json.is_object() ? json : Json::object(),
                       answer.substr(json_bytes), output);
  }

  // The agent's answer, if it is a good one.
  ApiResult<http::Response> Ask(const std::string& endpoint,
                                const http::Request& request) {
    Result<http::Response> response = agent_.Send(request);
    if (!response) {
      return std::unexpected(ApiError{
          503, "ServiceUnavailable",
          "The agent cannot be reached: " + response.error().message()});
    }
    if (response->status == 200) return *std::move(response);
    original_status_ = response->status;
    if (response->status == 404) {
      return std::unexpected(ApiError{400, "ValidationError",
                                      "Endpoint " + endpoint + " of account " +
                                          std::string(kAccount) +
                                          " not found."});
    }
    if (response->status == 429 || response->status == 503) {
      return std::unexpected(
          ApiError{429, "ModelNotReadyException", MessageOf(*response)});
    }
    return std::unexpected(ApiError{424, "ModelError", MessageOf(*response)});
  }

  AgentClients& agent_;
  int original_status_ = 0;
};

}  // namespace

Result<http::Response> AgentClients::Send(const http::Request& request) {
  if (socket_.empty()) {
    return FailedPrecondition("the server has no agent to ask");
  }
  std::unique_ptr<http::Client> client;
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      client = std::move(idle_.back());
      idle_.pop_back();
    }
  }
  if (client == nullptr) {
    SKERRY_ASSIGN_OR_RETURN(
        client,
        http::Client::Create(
            {.tls = false, .host = "localhost", .port = 80, .target = "/"},
            {.timeout = kAgentTimeout,
             .response_bytes_max = kPayloadBytesMax,
             .unix_socket = socket_}));
  }
  Result<http::Response> response = client->Send(request);
  const std::lock_guard lock(mutex_);
  if (response && idle_.size() < kIdleClientsMax) {
    idle_.push_back(std::move(client));
  }
  return response;
}

std::unique_ptr<Exchange> RuntimeHandler::NewExchange(RequestHead head) {
  return std::make_unique<InvokeExchange>(keys_, agent_, std::move(head));
}

}  // namespace skerry::cloud
