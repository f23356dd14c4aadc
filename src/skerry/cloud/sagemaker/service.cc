#include "skerry/cloud/sagemaker/service.h"

#include <utility>

#include "skerry/cloud/sagemaker/operations.h"
#include "skerry/cloud/sagemaker/runtime.h"
#include "skerry/cloud/sagemaker/verified_exchange.h"

namespace skerry::cloud {
namespace {

constexpr std::string_view kTargetPrefix = "SageMaker.";
constexpr std::string_view kControl = "sagemaker";

// One of the operations of operations.h, by either protocol: json, where a
// header names it and the body holds an error's code; rest-json, where the path
// does, and a header holds the code.
class OperationExchange final : public VerifiedExchange {
 public:
  OperationExchange(Records records, AccessKeys& keys, RequestHead head)
      : VerifiedExchange(keys, std::move(head), kRequestBytesMax),
        records_(records) {}

 protected:
  Response Answer(std::string_view body) override {
    const ApiResult<Json> output = Run(body);
    if (!output) return Refuse(output.error());
    Response response;
    response.headers = {
        {"Content-Type",
         by_path() ? "application/json" : "application/x-amz-json-1.1"},
        {"x-amzn-RequestId", request_id()}};
    if (!output->is_null()) {
      response.body =
          output->dump(-1, ' ', false, Json::error_handler_t::replace);
    }
    return response;
  }

  Response Refuse(const ApiError& error) const override {
    return by_path() ? RestJsonErrorResponse(error, request_id())
                     : JsonErrorResponse(error, request_id());
  }

 private:
  bool by_path() const { return head().path() != "/"; }

  const Operation* Find() const {
    if (head().method != "POST") return nullptr;
    std::string_view name = head().header("x-amz-target");
    if (by_path()) {
      name = head().path().substr(1);
    } else if (name.starts_with(kTargetPrefix)) {
      name.remove_prefix(kTargetPrefix.size());
    } else {
      return nullptr;
    }
    const Operation* found = FindOperation(name);
    // Each by its own protocol only.
    if (found != nullptr && (found->service == kControl) == by_path()) {
      return nullptr;
    }
    return found;
  }

  ApiResult<Json> Run(std::string_view body) const {
    const Operation* operation = Find();
    if (operation == nullptr) {
      return std::unexpected(ApiError{
          by_path() ? 404 : 400, "UnknownOperationException",
          "The requested operation is not recognized by the service."});
    }
    SKERRY_API_ASSIGN_OR_RETURN(const Json input, ParseRequest(body));
    const Call call = {.records = records_,
                       .principal = verified().principal,
                       .region = verified().region,
                       .peer = head().peer,
                       .service = operation->service,
                       .operation = operation->name,
                       .now = NowMicros(),
                       .input = input};
    return RunOperation(*operation, call);
  }

  Records records_;
};

class SageMakerHandler final : public Handler {
 public:
  SageMakerHandler(Records records, AccessKeys& keys,
                   const SageMakerOptions& options)
      : records_(records), keys_(keys), runtime_(keys, options.agent_socket) {}

  std::unique_ptr<Exchange> NewExchange(RequestHead head) override {
    if (head.path().starts_with(kEndpointsPath)) {
      return runtime_.NewExchange(std::move(head));
    }
    return std::make_unique<OperationExchange>(records_, keys_,
                                               std::move(head));
  }

 private:
  Records records_;
  AccessKeys& keys_;
  RuntimeHandler runtime_;
};

}  // namespace

std::unique_ptr<Handler> NewSageMakerHandler(Database& database,
                                             AccessKeys& keys, JobQueue& jobs,
                                             const SageMakerOptions& options) {
  return std::make_unique<SageMakerHandler>(Records{database, jobs}, keys,
                                            options);
}

}  // namespace skerry::cloud
