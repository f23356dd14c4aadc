// The readers of gRPC messages. The first byte says which message the others
// are; what a reader accepts must lie in memory that can be read.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "edge_agent.pb.h"
#include "open_inference.pb.h"
#include "skerry/agent/grpc/edge_capture.h"
#include "skerry/agent/grpc/edge_prediction.h"
#include "skerry/agent/grpc/oip_inference.h"
#include "skerry/base/check.h"

namespace skerry::agent {
namespace {

// One model, "m", that has an input and an output of each data type.
class OneModel final : public ModelStore {
 public:
  OneModel() {
    description_.alias = "m";
    description_.version = "1";
    for (std::int32_t number = 1; number <= 16; ++number) {
      const auto type = DataTypeFromNumber(number);
      if (!type.has_value()) continue;
      const std::string name(1, static_cast<char>('a' + number));
      description_.inputs.push_back({name, {*type, {2, 3}}});
      description_.outputs.push_back({name, {*type, {1}}});
    }
  }

  using LoadOptions = std::optional<ModelOptions>;
  Result<ModelDescription> Load(const std::string&, const std::string&,
                                const LoadOptions&) override {
    return Unimplemented("");
  }
  Result<ModelDescription> Swap(const std::string&, const std::string&,
                                const LoadOptions&) override {
    return Unimplemented("");
  }
  Result<ModelDescription> AddVersion(const std::string&, const std::string&,
                                      const LoadOptions&) override {
    return Unimplemented("");
  }
  Result<void> Deploy(const std::string&, const std::vector<Source>&,
                      const LoadOptions&,
                      const std::optional<Split>&) override {
    return Unimplemented("");
  }
  Result<void> SetSplit(const std::string&,
                        const std::optional<Split>&) override {
    return Unimplemented("");
  }
  Result<void> Unload(const std::string&) override { return Unimplemented(""); }
  const ModelOptions& default_options() const override {
    return description_.options;
  }
  std::vector<ModelDescription> List() const override { return {description_}; }
  Result<std::vector<ModelDescription>> Versions(
      const std::string&) const override {
    return List();
  }
  Result<ModelDescription> Describe(const std::string& alias,
                                    const std::string&) const override {
    if (alias != "m") return NotFound("no model '" + alias + "'");
    return description_;
  }
  Result<std::vector<ModelStatistics>> Statistics(
      const std::string&, const std::string&) const override {
    return std::vector<ModelStatistics>();
  }
  void Infer(InferenceRequest, InferenceCallback) override {}
  void Drain(std::chrono::steady_clock::time_point) override {}

 private:
  ModelDescription description_;
};

class NoRepository final : public Repository {
 public:
  std::vector<Entry> Index(bool) const override { return {}; }
  Result<void> Load(const std::string&, const std::string&) override {
    return Unimplemented("");
  }
  Result<void> Unload(const std::string&) override { return Unimplemented(""); }
};

// What the readers need; lives as long as the program.
struct Agent {
  OneModel models;
  NoRepository repository;
  std::unique_ptr<SharedRegions> regions = SharedRegions::Create();
  telemetry::Registry metrics;
  telemetry::Logger log{{}};
  std::atomic<bool> ready = true;
  Services services{models, repository, *regions, nullptr, metrics,
                    log,    nullptr,    "fuzz",   ready};
  PeerTable peers;
};

Agent& TheAgent() {
  static Agent agent;
  return agent;
}

std::size_t Sum(std::span<const std::byte> bytes) {
  std::size_t sum = 0;
  for (const std::byte byte : bytes) sum += static_cast<std::size_t>(byte);
  return sum;
}

void CheckRequest(const Result<InferenceRequest>& request) {
  if (!request.has_value()) {
    SKERRY_CHECK(!request.error().message().empty());
    return;
  }
  std::size_t sum = 0;
  for (const InputTensor& input : request->inputs) sum += Sum(input.bytes);
  SKERRY_CHECK(sum < ~std::size_t{0});
}

void ReadInfer(const std::string& bytes) {
  const Caller caller(TheAgent().peers);
  OipInference inference(TheAgent().services);
  if (!inference.message().ParseFromString(bytes)) return;
  CheckRequest(inference.Read(caller));
}

void ReadPredict(const std::string& bytes) {
  const Caller caller(TheAgent().peers);
  EdgePrediction prediction(TheAgent().services, caller);
  if (!prediction.message().ParseFromString(bytes)) return;
  CheckRequest(prediction.Read());
}

void ReadCapture(const std::string& bytes) {
  const Caller caller(TheAgent().peers);
  AWS::SageMaker::Edge::CaptureDataRequest request;
  if (!request.ParseFromString(bytes)) return;
  const auto record = ReadCaptureRecord(request, TheAgent().services, caller);
  if (!record.has_value()) return;
  for (const CapturedTensor& tensor : record->inputs) {
    SKERRY_CHECK(static_cast<std::int64_t>(tensor.bytes.size()) ==
                 tensor.type.byte_count());
  }
}

}  // namespace
}  // namespace skerry::agent

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  if (size == 0) return 0;
  const std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 3) {
    case 0:
      skerry::agent::ReadInfer(bytes);
      break;
    case 1:
      skerry::agent::ReadPredict(bytes);
      break;
    default:
      skerry::agent::ReadCapture(bytes);
      break;
  }
  return 0;
}
