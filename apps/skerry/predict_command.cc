#include "predict_command.h"

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "inference_report.h"
#include "inputs.h"
#include "skerry/agent/client/client.h"

namespace skerry::cli {
namespace {

using Milliseconds = std::chrono::duration<double, std::milli>;

/// What asking an agent once gave, and how long that took.
struct Answer {
  std::vector<Tensor> outputs;
  Milliseconds request{};
  Milliseconds model{};
};

Result<Answer> Ask(agent::Client& client, const std::vector<Tensor>& inputs) {
  Answer answer;
  const auto start = std::chrono::steady_clock::now();
  SKERRY_ASSIGN_OR_RETURN(answer.outputs, client.Predict(inputs));
  answer.request = std::chrono::steady_clock::now() - start;
  answer.model = client.model_time();
  return answer;
}

}  // namespace

Result<void> Predict(const PredictOptions& options) {
  const auto timeout = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::duration<double>(options.timeout_s));
  SKERRY_ASSIGN_OR_RETURN(
      const std::unique_ptr<agent::Client> client,
      agent::Client::Connect(
          options.socket,
          {.timeout = timeout, .shared_memory = options.shared_memory}));
  SKERRY_ASSIGN_OR_RETURN(const agent::RemoteModel model,
                          client->Describe(options.model));
  SKERRY_ASSIGN_OR_RETURN(const media::Preprocess steps,
                          ReadSteps(options, options.preprocess));
  SKERRY_ASSIGN_OR_RETURN(const std::vector<std::string> labels,
                          ReadLabels(options.labels));
  SKERRY_ASSIGN_OR_RETURN(const std::vector<Tensor> inputs,
                          LoadInputs(model.inputs, options.inputs, steps));
  SKERRY_RETURN_IF_ERROR(client->Prepare(model));
  SKERRY_ASSIGN_OR_RETURN(Answer answer, Ask(*client, inputs));
  SKERRY_ASSIGN_OR_RETURN(
      const InferenceReport report,
      InferenceReport::Create(options, model.outputs, std::move(answer.outputs),
                              labels));
  report.Print({{"model", options.model},
                {"agent", options.socket},
                {"request_ms", answer.request.count()},
                {"model_ms", answer.model.count()}});
  return {};
}

}  // namespace skerry::cli
