#include "skerry/agent/grpc/health_service.h"

#include <array>
#include <chrono>
#include <memory>
#include <mutex>
#include <utility>

namespace skerry::agent {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

constexpr std::string_view kServices[] = {"", "AWS.SageMaker.Edge.Agent",
                                          "inference.GRPCInferenceService",
                                          "grpc.health.v1.Health"};

// How often the state is looked at while somebody watches it.
constexpr std::chrono::milliseconds kWatchPeriod(250);

class Watch final : public StreamHandler {
 public:
  Watch(const HealthService& health, Stream& stream)
      : health_(health), stream_(stream) {}

  void OnMessage(grpc::ByteBuffer message) override {
    HealthCheckRequest request;
    if (auto parsed = ParseMessage(&message, &request); !parsed) {
      return stream_.Close(ToStatus(parsed.error()));
    }
    service_ = request.service();
    OnAlarm();
  }

  void OnReadsDone() override {
    // A client that sends nothing gets nothing; one that asked has just ended
    // its side, as this method's clients do, and waits.
    if (!service_.has_value()) stream_.Close(grpc::Status::OK);
  }

  void OnAlarm() override {
    if (stream_.caller().cancelled()) return stream_.Close(grpc::Status::OK);
    const auto state =
        health_.State(*service_).value_or(HealthCheckResponse::SERVICE_UNKNOWN);
    if (std::exchange(last_, state) != state) {
      HealthCheckResponse response;
      response.set_status(state);
      MessageWriter writer;
      writer.Add(response);
      stream_.Write(writer.Take());
    }
    stream_.SetAlarm(kWatchPeriod);
  }

  void OnStop() override {
    stream_.Close(ToStatus(Unavailable("the agent is shutting down")));
  }

 private:
  const HealthService& health_;
  Stream& stream_;
  std::optional<std::string> service_;
  std::optional<HealthCheckResponse::ServingStatus> last_;
};

}  // namespace

std::optional<HealthCheckResponse::ServingStatus> HealthService::State(
    std::string_view service) const {
  for (const std::string_view name : kServices) {
    if (name != service) continue;
    return services_.ready.load() ? HealthCheckResponse::SERVING
                                  : HealthCheckResponse::NOT_SERVING;
  }
  return std::nullopt;
}

std::vector<Method> HealthService::Methods() {
  std::vector<Method> methods;
  methods.push_back(AnswerNow<HealthCheckRequest>(
      "/grpc.health.v1.Health/Check",
      [this](const HealthCheckRequest& request,
             const Caller&) -> Result<HealthCheckResponse> {
        const auto state = State(request.service());
        if (!state.has_value()) {
          return NotFound("there is no service '" + request.service() + "'");
        }
        HealthCheckResponse response;
        response.set_status(*state);
        return response;
      }));
  Method watch;
  watch.path = "/grpc.health.v1.Health/Watch";
  watch.stream = [this](Stream& stream) {
    return std::make_unique<Watch>(*this, stream);
  };
  methods.push_back(std::move(watch));
  return methods;
}

}  // namespace skerry::agent
