#include "skerry/cloud/api/api_error.h"

#include <nlohmann/json.hpp>

namespace skerry::cloud {
namespace {

std::string JsonBody(const nlohmann::json& json) {
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

ApiError InternalApiError(const Error& error) {
  if (error.code() == ErrorCode::kUnavailable) {
    return {503, "ServiceUnavailable", error.message()};
  }
  return {500, "InternalFailure", error.message()};
}

Response JsonErrorResponse(const ApiError& error, std::string_view request_id) {
  Response response;
  response.status = error.status;
  response.headers = {{"Content-Type", "application/x-amz-json-1.1"},
                      {"x-amzn-RequestId", std::string(request_id)}};
  response.body =
      JsonBody({{"__type", error.code}, {"message", error.message}});
  return response;
}

Response RestJsonErrorResponse(const ApiError& error,
                               std::string_view request_id) {
  Response response;
  response.status = error.status;
  response.headers = {{"Content-Type", "application/json"},
                      {"x-amzn-ErrorType", error.code},
                      {"x-amzn-RequestId", std::string(request_id)}};
  response.body = JsonBody({{"Message", error.message}});
  return response;
}

}  // namespace skerry::cloud
