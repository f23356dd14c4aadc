#include "skerry/agent/rest/memory_handlers.h"

#include "skerry/agent/rest/json_body.h"

namespace skerry::agent {
namespace {

Result<void> Register(const Services& services, const RestRoute& route,
                      const HttpRequest& request) {
  SKERRY_ASSIGN_OR_RETURN(const nlohmann::json body,
                          ReadJsonBody(request.body));
  SKERRY_ASSIGN_OR_RETURN(const std::string key, JsonText(body, "key", ""));
  SKERRY_ASSIGN_OR_RETURN(const std::uint64_t offset,
                          JsonCount(body, "offset", 0));
  SKERRY_ASSIGN_OR_RETURN(const std::uint64_t byte_size,
                          JsonCount(body, "byte_size", 0));
  return services.regions.Register(route.region, key, offset, byte_size,
                                   request.peer);
}

}  // namespace

HttpResponse MemoryStatusResponse(const Services& services,
                                  const RestRoute& route) {
  const auto regions = services.regions.List(route.region);
  if (!regions) {
    return HttpErrorResponse(regions.error());
  }
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const SharedRegions::Status& region : *regions) {
    list.push_back({{"name", region.name},
                    {"key", region.key},
                    {"offset", region.offset},
                    {"byte_size", region.byte_size}});
  }
  return JsonResponse(list);
}

HttpResponse MemoryRegisterResponse(const Services& services,
                                    const RestRoute& route,
                                    const HttpRequest& request) {
  const auto done = Register(services, route, request);
  return done ? HttpResponse() : HttpErrorResponse(done.error());
}

HttpResponse MemoryUnregisterResponse(const Services& services,
                                      const RestRoute& route,
                                      const HttpRequest& request) {
  const auto done = services.regions.Unregister(route.region, request.peer);
  return done ? HttpResponse() : HttpErrorResponse(done.error());
}

HttpResponse CudaMemoryResponse(const RestRoute& route) {
  if (route.endpoint == RestEndpoint::kCudaRegister) {
    return HttpErrorResponse(Unimplemented("CUDA memory is not served"));
  }
  HttpResponse response;
  if (route.endpoint == RestEndpoint::kCudaStatus) {
    response.body = "[]";
  }
  return response;
}

}  // namespace skerry::agent
