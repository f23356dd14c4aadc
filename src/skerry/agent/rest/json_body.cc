#include "skerry/agent/rest/json_body.h"

namespace skerry::agent {
namespace {

Error WrongKind(const std::string& key, std::string_view wanted) {
  return InvalidArgument("'" + key + "' must be " + std::string(wanted));
}

}  // namespace

Result<nlohmann::json> ReadJsonBody(std::string_view body) {
  if (body.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    return nlohmann::json::object();
  }
  if (body.size() > kControlBodyBytesMax) {
    return InvalidArgument("the body has " + std::to_string(body.size()) +
                           " bytes, at most " +
                           std::to_string(kControlBodyBytesMax) + " are read");
  }
  auto json = nlohmann::json::parse(body.begin(), body.end(), nullptr, false);
  if (!json.is_object()) {
    return InvalidArgument("the body must be a JSON object");
  }
  return json;
}

Result<std::string> JsonText(const nlohmann::json& object,
                             const std::string& key,
                             const std::string& otherwise) {
  const auto found = object.find(key);
  if (found == object.end()) {
    return otherwise;
  }
  if (!found->is_string()) {
    return WrongKind(key, "a string");
  }
  return found->get<std::string>();
}

Result<std::uint64_t> JsonCount(const nlohmann::json& object,
                                const std::string& key,
                                std::uint64_t otherwise) {
  const auto found = object.find(key);
  if (found == object.end()) {
    return otherwise;
  }
  if (!found->is_number_unsigned()) {
    return WrongKind(key, "an integer, not negative");
  }
  return found->get<std::uint64_t>();
}

Result<bool> JsonTruth(const nlohmann::json& object, const std::string& key,
                       bool otherwise) {
  const auto found = object.find(key);
  if (found == object.end()) {
    return otherwise;
  }
  if (!found->is_boolean()) {
    return WrongKind(key, "true or false");
  }
  return found->get<bool>();
}

HttpResponse JsonResponse(const nlohmann::ordered_json& json, int status) {
  HttpResponse response;
  response.status = status;
  response.body = json.dump(-1, ' ', false,
                            nlohmann::ordered_json::error_handler_t::replace);
  return response;
}

}  // namespace skerry::agent
