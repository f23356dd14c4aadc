#include "skerry/cloud/sagemaker/call.h"

#include <cmath>
#include <utility>

namespace skerry::cloud {

std::string Call::Action() const {
  return std::string(service) + ":" + std::string(operation);
}

std::string Call::Arn(std::string_view resource) const {
  return "arn:aws:sagemaker:" + region + ":" + std::string(kAccount) + ":" +
         std::string(resource);
}

bool Call::Has(std::string_view member) const {
  const auto found = input.find(member);
  return found != input.end() && !found->is_null();
}

std::string Call::Text(std::string_view member) const {
  const auto found = input.find(member);
  return found == input.end() || !found->is_string()
             ? ""
             : found->get<std::string>();
}

std::string Call::Raw(std::string_view member) const {
  return Has(member) ? input.find(member)->dump() : "";
}

SqlValue TextOrNull(std::string text) {
  if (text.empty()) return {};
  return text;
}

ApiResult<void> Audit(Sql& sql, const Call& call, const std::string& resource) {
  Result<void> written = WriteAudit(
      sql.transaction(), {.time = call.now,
                          .access_key_id = call.principal.access_key_id,
                          .name = call.principal.name,
                          .peer = call.peer,
                          .action = call.Action(),
                          .resource = resource,
                          .outcome = "ok"});
  if (!written) return std::unexpected(sql.Keep(std::move(written).error()));
  return {};
}

Json TimeJson(std::int64_t micros) {
  const std::int64_t millis = micros / 1000;
  return static_cast<double>(millis) / 1000.0;
}

std::int64_t MicrosOf(const Json& seconds) {
  return static_cast<std::int64_t>(std::llround(seconds.get<double>() * 1e6));
}

void PutText(Json& json, std::string_view name, const SqlValue& value) {
  const std::string& text = TextOf(value);
  if (!text.empty()) json[std::string(name)] = text;
}

void PutTime(Json& json, std::string_view name, const SqlValue& value) {
  const std::int64_t micros = IntOf(value);
  if (micros != 0) json[std::string(name)] = TimeJson(micros);
}

void PutJson(Json& json, std::string_view name, const SqlValue& value) {
  const std::string& text = TextOf(value);
  if (text.empty()) return;
  Json inner = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!inner.is_discarded()) json[std::string(name)] = std::move(inner);
}

std::unexpected<ApiError> ValidationFault(std::string message) {
  return std::unexpected(
      ApiError{400, "ValidationException", std::move(message)});
}

std::unexpected<ApiError> NotFoundFault(std::string message) {
  return std::unexpected(ApiError{400, "ResourceNotFound", std::move(message)});
}

std::unexpected<ApiError> InUseFault(std::string message) {
  return std::unexpected(ApiError{400, "ResourceInUse", std::move(message)});
}

std::unexpected<ApiError> LimitFault(std::string message) {
  return std::unexpected(
      ApiError{400, "ResourceLimitExceeded", std::move(message)});
}

std::unexpected<ApiError> ConflictFault(std::string message) {
  return std::unexpected(
      ApiError{400, "ConflictException", std::move(message)});
}

}  // namespace skerry::cloud
