#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "skerry/agent/rest/http_message.h"
#include "skerry/base/result.h"

namespace skerry::agent {

enum class RestEndpoint : std::uint8_t {
  kServerMetadata,
  kServerLive,
  kServerReady,
  kHealthz,
  kReadyz,
  kMetrics,
  kModelList,
  kModelMetadata,
  kModelReady,
  kModelConfig,
  kModelStatistics,
  kAllStatistics,
  kInfer,
  kRepositoryIndex,
  kRepositoryLoad,
  kRepositoryUnload,
  kMemoryStatus,
  kMemoryRegister,
  kMemoryUnregister,
  kCudaStatus,
  kCudaRegister,
  kCudaUnregister,
};

struct RestRoute {
  RestEndpoint endpoint = RestEndpoint::kServerMetadata;
  HttpMethod method = HttpMethod::kGet;  ///< kGet also serves kHead
  std::string model;
  std::string version;  ///< empty: not named
  std::string region;   ///< empty: all
};

/// The route of `path`, its parts percent-decoded.
///
/// Errors: kNotFound, or kInvalidArgument if the path is malformed.
Result<RestRoute> FindRoute(std::string_view path);

}  // namespace skerry::agent
