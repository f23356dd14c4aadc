#include "skerry/agent/rest/repository_handlers.h"

#include "skerry/agent/rest/json_body.h"

namespace skerry::agent {
namespace {

/// The model's configuration that a load request brings along, as text.
Result<std::string> ConfigOf(std::string_view body) {
  SKERRY_ASSIGN_OR_RETURN(const nlohmann::json request, ReadJsonBody(body));
  const auto parameters = request.find("parameters");
  if (parameters == request.end()) {
    return std::string();
  }
  if (!parameters->is_object()) {
    return InvalidArgument("'parameters' must be an object");
  }
  for (const auto& [key, value] : parameters->items()) {
    if (key.starts_with("file:")) {
      return Unimplemented(
          "models come from the repository's folder, not "
          "with the request ('" +
          key + "')");
    }
  }
  return JsonText(*parameters, "config", "");
}

}  // namespace

HttpResponse RepositoryIndexResponse(const Services& services,
                                     std::string_view body) {
  const auto request = ReadJsonBody(body);
  if (!request) {
    return HttpErrorResponse(request.error());
  }
  const auto ready = JsonTruth(*request, "ready", false);
  if (!ready) {
    return HttpErrorResponse(ready.error());
  }
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Repository::Entry& entry : services.repository.Index(*ready)) {
    list.push_back({{"name", entry.name},
                    {"version", entry.version},
                    {"state", entry.state},
                    {"reason", entry.reason}});
  }
  return JsonResponse(list);
}

HttpResponse RepositoryLoadResponse(const Services& services,
                                    const std::string& model,
                                    std::string_view body) {
  const auto config = ConfigOf(body);
  if (!config) {
    return HttpErrorResponse(config.error());
  }
  const auto loaded = services.repository.Load(model, *config);
  return loaded ? HttpResponse() : HttpErrorResponse(loaded.error());
}

HttpResponse RepositoryUnloadResponse(const Services& services,
                                      const std::string& model) {
  const auto unloaded = services.repository.Unload(model);
  return unloaded ? HttpResponse() : HttpErrorResponse(unloaded.error());
}

}  // namespace skerry::agent
