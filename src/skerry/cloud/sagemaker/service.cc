#include "skerry/cloud/sagemaker/service.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "skerry/cloud/sagemaker/operations.h"

namespace skerry::cloud {
namespace {

constexpr std::string_view kTargetPrefix = "SageMaker.";

class SageMakerExchange final : public Exchange {
 public:
  SageMakerExchange(Records records, AccessKeys& keys, RequestHead head)
      : records_(records), keys_(keys), head_(std::move(head)) {}

  std::optional<Response> Begin() override {
    ApiResult<VerifiedRequest> verified =
        VerifyRequest(head_, keys_, std::chrono::system_clock::now());
    if (!verified) return Refuse(verified.error());
    verified_ = *std::move(verified);
    if (head_.content_length.value_or(0) > kRequestBytesMax) {
      return Refuse(TooLarge(*head_.content_length));
    }
    return std::nullopt;
  }

  std::optional<Response> Write(std::span<const std::byte> piece) override {
    const ApiResult<void> read = verified_.payload->Read(piece, content_);
    if (!read) return Refuse(read.error());
    if (content_.size() > kRequestBytesMax) {
      return Refuse(TooLarge(content_.size()));
    }
    return std::nullopt;
  }

  Response Finish() override {
    const ApiResult<void> end = verified_.payload->End();
    if (!end) return Refuse(end.error());
    const ApiResult<Json> output = Run();
    if (!output) return Refuse(output.error());
    Response response;
    response.headers = {{"Content-Type", "application/x-amz-json-1.1"},
                        {"x-amzn-RequestId", request_id_}};
    if (!output->is_null()) {
      response.body =
          output->dump(-1, ' ', false, Json::error_handler_t::replace);
    }
    return response;
  }

 private:
  ApiResult<Json> Run() {
    std::string_view name = head_.header("x-amz-target");
    const Operation* operation = nullptr;
    if (name.starts_with(kTargetPrefix)) {
      name.remove_prefix(kTargetPrefix.size());
      operation = FindOperation(name);
    }
    if (operation == nullptr || head_.method != "POST" || head_.path() != "/") {
      return std::unexpected(ApiError{
          400, "UnknownOperationException",
          "The requested operation is not recognized by the service."});
    }
    SKERRY_API_ASSIGN_OR_RETURN(
        const Json input,
        ParseRequest(
            {reinterpret_cast<const char*>(content_.data()), content_.size()}));
    const Call call = {.records = records_,
                       .principal = verified_.principal,
                       .region = verified_.region,
                       .peer = head_.peer,
                       .operation = operation->name,
                       .now = NowMicros(),
                       .input = input};
    return RunOperation(*operation, call);
  }

  Response Refuse(const ApiError& error) const {
    return JsonErrorResponse(error, request_id_);
  }

  static ApiError TooLarge(std::uint64_t byte_count) {
    return {413, "RequestEntityTooLarge",
            "the request holds " + std::to_string(byte_count) +
                " bytes, limit " + std::to_string(kRequestBytesMax)};
  }

  Records records_;
  AccessKeys& keys_;
  RequestHead head_;
  VerifiedRequest verified_;
  std::vector<std::byte> content_;
  std::string request_id_ = NewRowId();
};

class SageMakerHandler final : public Handler {
 public:
  SageMakerHandler(Records records, AccessKeys& keys)
      : records_(records), keys_(keys) {}

  std::unique_ptr<Exchange> NewExchange(RequestHead head) override {
    return std::make_unique<SageMakerExchange>(records_, keys_,
                                               std::move(head));
  }

 private:
  Records records_;
  AccessKeys& keys_;
};

}  // namespace

std::unique_ptr<Handler> NewSageMakerHandler(Database& database,
                                             AccessKeys& keys, JobQueue& jobs) {
  return std::make_unique<SageMakerHandler>(Records{database, jobs}, keys);
}

}  // namespace skerry::cloud
