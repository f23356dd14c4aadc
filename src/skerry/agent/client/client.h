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
  /// Of each call, connecting included.
  std::chrono::milliseconds timeout = std::chrono::seconds(30);
  std::size_t message_bytes_max = std::size_t{256} << 20;
  /// Inputs and outputs go through memory that both map (memfd), not through
  /// the socket. The agent must see this process's /proc.
  bool shared_memory = false;
};

struct RemoteModel {
  std::string name;
  std::vector<std::string> versions;
  std::vector<TensorSpec> inputs;
  std::vector<TensorSpec> outputs;
};

/// Speaks to an agent by the Open Inference Protocol over its unix socket,
/// over a connection of its own.
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

  /// kNotFound; kInternal if the agent's answer makes no sense.
  virtual Result<RemoteModel> Describe(const std::string& model) = 0;

  /// Fixes the model, makes memory for its inputs and outputs, and, with
  /// shared memory, registers it with the agent. Then `Run` and `Predict` may
  /// be called again and again.
  virtual Result<void> Prepare(const RemoteModel& model) = 0;

  /// Where the bytes of an input go before `Run`; stays until `Prepare`.
  virtual std::span<std::byte> input(std::size_t index) = 0;

  /// Runs the prepared model once on what the inputs hold. Copies nothing
  /// that the protocol does not ask for.
  ///
  /// Errors: those of the agent, with its words; kDeadlineExceeded,
  /// kUnavailable; kInternal if the answer does not fit the model.
  virtual Result<void> Run() = 0;

  /// What the last `Run` gave, until the next one. Empty if it failed.
  virtual std::span<const std::byte> output(std::size_t index) const = 0;

  /// Copies `inputs` (in the model's order, of its types) to their places,
  /// runs the model, and copies the outputs out.
  virtual Result<std::vector<Tensor>> Predict(
      std::span<const Tensor> inputs) = 0;

  /// The nanoseconds that the agent says the model itself took in the last
  /// run; 0 if it did not say.
  virtual std::chrono::nanoseconds model_time() const = 0;
};

}  // namespace skerry::agent
