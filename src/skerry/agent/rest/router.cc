#include "skerry/agent/rest/router.h"

#include <vector>

namespace skerry::agent {
namespace {

struct Row {
  std::string_view pattern;
  HttpMethod method;
  RestEndpoint endpoint;
};

constexpr HttpMethod kGet = HttpMethod::kGet;
constexpr HttpMethod kPost = HttpMethod::kPost;

// The first that fits counts. {M}: model, {V}: version, {R}: region.
constexpr Row kRows[] = {
    {"v2/models/{M}/infer", kPost, RestEndpoint::kInfer},
    {"v2/models/{M}/versions/{V}/infer", kPost, RestEndpoint::kInfer},
    {"v2", kGet, RestEndpoint::kServerMetadata},
    {"v2/health/live", kGet, RestEndpoint::kServerLive},
    {"v2/health/ready", kGet, RestEndpoint::kServerReady},
    {"healthz", kGet, RestEndpoint::kHealthz},
    {"readyz", kGet, RestEndpoint::kReadyz},
    {"metrics", kGet, RestEndpoint::kMetrics},
    {"v2/models", kGet, RestEndpoint::kModelList},
    {"v2/models/stats", kGet, RestEndpoint::kAllStatistics},
    {"v2/models/{M}", kGet, RestEndpoint::kModelMetadata},
    {"v2/models/{M}/ready", kGet, RestEndpoint::kModelReady},
    {"v2/models/{M}/config", kGet, RestEndpoint::kModelConfig},
    {"v2/models/{M}/stats", kGet, RestEndpoint::kModelStatistics},
    {"v2/models/{M}/versions/{V}", kGet, RestEndpoint::kModelMetadata},
    {"v2/models/{M}/versions/{V}/ready", kGet, RestEndpoint::kModelReady},
    {"v2/models/{M}/versions/{V}/config", kGet, RestEndpoint::kModelConfig},
    {"v2/models/{M}/versions/{V}/stats", kGet, RestEndpoint::kModelStatistics},
    {"v2/repository/index", kPost, RestEndpoint::kRepositoryIndex},
    {"v2/repository/models/{M}/load", kPost, RestEndpoint::kRepositoryLoad},
    {"v2/repository/models/{M}/unload", kPost, RestEndpoint::kRepositoryUnload},
    {"v2/systemsharedmemory/status", kGet, RestEndpoint::kMemoryStatus},
    {"v2/systemsharedmemory/region/{R}/status", kGet,
     RestEndpoint::kMemoryStatus},
    {"v2/systemsharedmemory/region/{R}/register", kPost,
     RestEndpoint::kMemoryRegister},
    {"v2/systemsharedmemory/region/{R}/unregister", kPost,
     RestEndpoint::kMemoryUnregister},
    {"v2/systemsharedmemory/unregister", kPost,
     RestEndpoint::kMemoryUnregister},
    {"v2/cudasharedmemory/status", kGet, RestEndpoint::kCudaStatus},
    {"v2/cudasharedmemory/region/{R}/status", kGet, RestEndpoint::kCudaStatus},
    {"v2/cudasharedmemory/region/{R}/register", kPost,
     RestEndpoint::kCudaRegister},
    {"v2/cudasharedmemory/region/{R}/unregister", kPost,
     RestEndpoint::kCudaUnregister},
    {"v2/cudasharedmemory/unregister", kPost, RestEndpoint::kCudaUnregister},
};

/// Takes the part of `path` before its first slash off it.
std::string_view NextPart(std::string_view& path) {
  const std::string_view part = path.substr(0, path.find('/'));
  path.remove_prefix(std::min(part.size() + 1, path.size()));
  return part;
}

int HexDigit(char digit) {
  if (digit >= '0' && digit <= '9') {
    return digit - '0';
  }
  const char lower = static_cast<char>(digit | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

Result<std::string> PercentDecode(std::string_view part) {
  std::string text;
  for (std::size_t i = 0; i < part.size(); ++i) {
    if (part[i] != '%') {
      text.push_back(part[i]);
      continue;
    }
    const int high = i + 2 < part.size() ? HexDigit(part[i + 1]) : -1;
    const int low = high >= 0 ? HexDigit(part[i + 2]) : -1;
    if (low < 0 || high * 16 + low == 0) {
      return InvalidArgument("the path has a malformed '%'");
    }
    text.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return text;
}

struct Captures {
  std::string_view model, version, region;
};

bool Fits(std::string_view pattern, std::string_view path, Captures& captures) {
  while (!pattern.empty() && !path.empty()) {
    const std::string_view wanted = NextPart(pattern);
    const std::string_view part = NextPart(path);
    if (wanted == "{M}" && !part.empty()) {
      captures.model = part;
    } else if (wanted == "{V}" && !part.empty()) {
      captures.version = part;
    } else if (wanted == "{R}" && !part.empty()) {
      captures.region = part;
    } else if (wanted != part) {
      return false;
    }
  }
  return pattern.empty() && path.empty();
}

}  // namespace

Result<RestRoute> FindRoute(std::string_view path) {
  std::string_view rest = path;
  if (!rest.starts_with('/')) {
    return InvalidArgument("the path does not begin with '/'");
  }
  rest.remove_prefix(1);  // one slash at the end is passed over as well
  for (const Row& row : kRows) {
    Captures captures;
    if (!Fits(row.pattern, rest, captures)) {
      continue;
    }
    RestRoute route;
    route.endpoint = row.endpoint;
    route.method = row.method;
    SKERRY_ASSIGN_OR_RETURN(route.model, PercentDecode(captures.model));
    SKERRY_ASSIGN_OR_RETURN(route.version, PercentDecode(captures.version));
    SKERRY_ASSIGN_OR_RETURN(route.region, PercentDecode(captures.region));
    return route;
  }
  return NotFound("there is nothing at '" + std::string(path.substr(0, 200)) +
                  "'");
}

}  // namespace skerry::agent
