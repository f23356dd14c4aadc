#include "skerry/cloud/service/router.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "skerry/cloud/api/api_error.h"
#include "skerry/cloud/service/answer.h"

namespace skerry::cloud {
namespace {

constexpr std::string_view kAdminPath = "/skerry/v1/admin/";
constexpr std::string_view kJobsPath = "/skerry/v1/jobs";

/// "%2F" is '/'; nothing else that is escaped is in a scope.
std::string DecodeSlashes(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && text[i + 1] == '2' &&
        (text[i + 2] == 'F' || text[i + 2] == 'f')) {
      out += '/';
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

/// What stands between `before` and any of `ends`.
std::string_view Between(std::string_view text, std::string_view before,
                         std::string_view ends) {
  const std::size_t at = text.find(before);
  if (at == std::string_view::npos) return {};
  text.remove_prefix(at + before.size());
  return text.substr(0, text.find_first_of(ends));
}

/// "KEY/20250101/us-east-1/s3/aws4_request" is for "s3".
std::string ServiceOfCredential(std::string_view credential) {
  const std::size_t end = credential.rfind('/');
  if (end == std::string_view::npos || end == 0) return "";
  const std::size_t begin = credential.rfind('/', end - 1);
  if (begin == std::string_view::npos) return "";
  return std::string(credential.substr(begin + 1, end - begin - 1));
}

bool IsStatusPath(std::string_view path) {
  return path == "/healthz" || path == "/readyz" || path == "/metrics";
}

/// A person's browser, not a client of S3.
bool IsFrontPage(const RequestHead& head) {
  return head.method == "GET" && head.target == "/" &&
         head.header("x-amz-date").empty();
}

bool IsSageMakerPath(std::string_view path) {
  static constexpr std::array<std::string_view, 3> kDataPlane = {
      "/SendHeartbeat", "/GetDeviceRegistration", "/GetDeployments"};
  return std::ranges::find(kDataPlane, path) != kDataPlane.end() ||
         path.starts_with("/endpoints/");
}

class Router final : public Handler {
 public:
  explicit Router(const Routes& routes) : routes_(routes) {}

  std::unique_ptr<Exchange> NewExchange(RequestHead head) override {
    const std::string service = SignedService(head);
    Handler* handler = Choose(service, head);
    if (handler != nullptr) return handler->NewExchange(std::move(head));
    const std::string name = service.empty() ? head.target : service;
    return NewAnswer(RestJsonErrorResponse(
        {.status = 404,
         .code = "UnknownOperationException",
         .message = "there is no service for '" + name + "' here"},
        ""));
  }

 private:
  Handler* Choose(std::string_view service, const RequestHead& head) const {
    if (service == "s3") return routes_.s3;
    if (service == "sagemaker") return routes_.sagemaker;
    if (service == "sts") return routes_.sts;
    if (service == "skerry") return Internal(head.path());
    return service.empty() ? Unsigned(head) : nullptr;
  }

  Handler* Internal(std::string_view path) const {
    if (path.starts_with(kAdminPath)) return routes_.admin;
    if (path.starts_with(kJobsPath)) return routes_.jobs;
    return nullptr;
  }

  Handler* Unsigned(const RequestHead& head) const {
    if (IsStatusPath(head.path()) || IsFrontPage(head)) return routes_.status;
    if (!head.header("x-amz-target").empty() || IsSageMakerPath(head.path())) {
      return routes_.sagemaker;
    }
    if (head.path().starts_with("/skerry/v1/")) return Internal(head.path());
    if (head.method == "POST" && head.path() == "/") return routes_.sts;
    return routes_.s3;
  }

  const Routes routes_;
};

}  // namespace

std::string SignedService(const RequestHead& head) {
  const std::string_view authorization = head.header("authorization");
  if (authorization.starts_with("AWS4-")) {
    return ServiceOfCredential(Between(authorization, "Credential=", ", \t"));
  }
  return ServiceOfCredential(
      DecodeSlashes(Between(head.query(), "X-Amz-Credential=", "&")));
}

std::unique_ptr<Handler> NewRouter(const Routes& routes) {
  return std::make_unique<Router>(routes);
}

}  // namespace skerry::cloud
