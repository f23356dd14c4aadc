#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "skerry/base/result.h"
#include "skerry/tensor/shape.h"

namespace skerry::agent {

/// One input as a front end received it. The bytes are borrowed until the
/// request is answered and may have any alignment.
struct InputTensor {
  /// Empty: the tensors are the model's, in its order.
  std::string name;
  /// Absent: what the model wants. Present: compared with that.
  std::optional<DataType> data_type;
  std::optional<std::vector<std::int64_t>> dims;
  std::span<const std::byte> bytes;
  /// The client may write to the bytes while the model runs.
  bool in_shared_memory = false;
};

/// An output that the client asks for.
struct OutputWish {
  std::string name;
  /// Where the bytes go (shared memory); empty: into `OutputTensor::bytes`.
  /// Borrowed until the request is answered; may be longer than the output.
  std::span<std::byte> destination;
};

struct OutputTensor {
  std::string name;
  TensorType type;
  /// The elements, unless they went to a wish's destination.
  std::string bytes;
  bool in_destination = false;
};

struct InferenceRequest {
  std::string model;    ///< alias
  std::string version;  ///< empty: the alias decides
  std::string unit;     ///< device or stream, for splits; may be empty
  std::vector<InputTensor> inputs;
  std::vector<OutputWish> outputs;  ///< empty: all, in the model's order
  /// A request that has not begun to run by then is not run.
  std::chrono::steady_clock::time_point deadline =
      std::chrono::steady_clock::time_point::max();
  /// True once nobody waits for the answer; may be null.
  std::shared_ptr<const std::atomic<bool>> cancelled;
  /// Keeps alive what `inputs` and `outputs` borrow; may be null.
  std::shared_ptr<const void> owner;
};

/// How long the parts of a request took.
struct InferenceTimes {
  std::chrono::nanoseconds queue{};   ///< accepted until taken up
  std::chrono::nanoseconds input{};   ///< gathering and copying inputs
  std::chrono::nanoseconds infer{};   ///< the model itself
  std::chrono::nanoseconds output{};  ///< copying outputs
};

struct InferenceResult {
  std::string model;
  std::string version;  ///< the one that ran
  std::vector<OutputTensor> outputs;
  InferenceTimes times;
};

/// Called once for each request, on whatever thread ended it, perhaps before
/// `Infer` returns: it must not block, and must not call back into the store
/// that calls it.
///
/// Errors: kNotFound (no such model or version), kInvalidArgument (a tensor
/// does not fit; names it), kResourceExhausted (queue full),
/// kDeadlineExceeded, kCancelled, kUnavailable (unloaded, shutting down, or
/// the model's worker process died), kInternal.
using InferenceCallback =
    std::move_only_function<void(Result<InferenceResult>)>;

}  // namespace skerry::agent
