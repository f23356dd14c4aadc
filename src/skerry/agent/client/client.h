#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "skerry/base/result.h"
#include "skerry/model/manifest.h"
#include "skerry/tensor/tensor.h"

namespace skerry::agent {

/// How a client talks to the agent.
struct ClientOptions {
  std::chrono::milliseconds timeout = std::chrono::seconds(30);
  std::size_t message_bytes_max = std::size_t{256} << 20;
  /// Inputs go through memory that both map (memfd), not through the socket.
  bool shared_memory = false;
};

struct RemoteModel {
  std::string name;
  std::vector<std::string> versions;
  std::vector<TensorSpec> inputs;
  std::vector<TensorSpec> outputs;
};

/// Speaks to an agent by the Open Inference Protocol over its unix socket.
///
/// Thread safety: thread-compatible: one call at a time.
class Client {
 public:
  /// `socket`: a path, or "unix:PATH". Errors: kUnavailable if nobody answers
  /// there, with what to do about it.
  static Result<std::unique_ptr<Client>> Connect(const std::string& socket,
                                                 const ClientOptions& options);

  virtual ~Client() = default;

  virtual Result<std::vector<std::string>> ListModels() = 0;
  virtual Result<RemoteModel> Describe(const std::string& model) = 0;

  /// Fixes the model and the inputs' types, and, with shared memory, makes
  /// and registers the region. Then `Predict` may be called again and again.
  virtual Result<void> Prepare(const RemoteModel& model) = 0;

  /// Runs the prepared model. `inputs` in the model's order.
  virtual Result<std::vector<Tensor>> Predict(
      std::span<const Tensor> inputs) = 0;

  /// The nanoseconds that the agent says the model itself took in the last
  /// `Predict`; 0 if it did not say.
  virtual std::chrono::nanoseconds model_time() const = 0;
};

}  // namespace skerry::agent
