#include "skerry/cloud/service/status_handler.h"

#include <openssl/crypto.h>

#include <chrono>
#include <mutex>
#include <string_view>
#include <utility>

#include "skerry/cloud/service/answer.h"

namespace skerry::cloud {
namespace {

constexpr std::chrono::seconds kCheckPeriod{1};

/// In a time that does not tell how much of it was right.
bool Same(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

class StatusHandler final : public Handler {
 public:
  StatusHandler(StatusOptions options, telemetry::Registry& metrics)
      : options_(std::move(options)), metrics_(metrics) {}

  std::unique_ptr<Exchange> NewExchange(RequestHead head) override {
    if (head.method != "GET" && head.method != "HEAD") {
      Response refusal = TextResponse(405, "GET or HEAD is wanted\n");
      refusal.headers.emplace_back("Allow", "GET, HEAD");
      return NewAnswer(std::move(refusal));
    }
    return NewAnswer(Answer(head));
  }

 private:
  Response Answer(const RequestHead& head) {
    const std::string_view path = head.path();
    if (path == "/healthz") return TextResponse(200, "ok\n");
    if (path == "/readyz") return Readiness();
    if (path == "/metrics") return Metrics(head);
    return TextResponse(
        200, "Skerry control plane " + options_.version +
                 ".\n\nThis address speaks S3, SageMaker and STS to AWS's "
                 "command line and SDKs.\nPoint them here by "
                 "AWS_ENDPOINT_URL, with a key of 'skerry cloud keys add'.\n");
  }

  Response Readiness() {
    const std::lock_guard lock(mutex_);
    const auto now = std::chrono::steady_clock::now();
    if (checked_ == std::chrono::steady_clock::time_point() ||
        now - checked_ >= kCheckPeriod) {
      ready_ = options_.check();
      checked_ = now;
    }
    // What is wrong is in the log; who asks here may be anybody.
    return ready_ ? TextResponse(200, "ready\n")
                  : TextResponse(
                        503,
                        "not ready: " +
                            std::string(ErrorCodeName(ready_.error().code())) +
                            "\n");
  }

  Response Metrics(const RequestHead& head) {
    if (!options_.metrics_token.empty() &&
        !Same(head.header("authorization"),
              "Bearer " + options_.metrics_token)) {
      Response refusal = TextResponse(401, "a token is wanted\n");
      refusal.headers.emplace_back("WWW-Authenticate", "Bearer");
      return refusal;
    }
    Response response = TextResponse(200, metrics_.RenderPrometheus());
    response.headers[0].second = "text/plain; version=0.0.4; charset=utf-8";
    return response;
  }

  const StatusOptions options_;
  telemetry::Registry& metrics_;
  std::mutex mutex_;
  Result<void> ready_;
  std::chrono::steady_clock::time_point checked_;
};

}  // namespace

std::unique_ptr<Handler> NewStatusHandler(StatusOptions options,
                                          telemetry::Registry& metrics) {
  return std::make_unique<StatusHandler>(std::move(options), metrics);
}

}  // namespace skerry::cloud
