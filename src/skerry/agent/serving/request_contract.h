#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "skerry/agent/serving/inference.h"
#include "skerry/base/result.h"
#include "skerry/model/manifest.h"

namespace skerry::agent {

/// What requests to one model must look like.
///
/// Thread safety: immutable.
class RequestContract {
 public:
  /// With `batching`, the first extents of all tensors must be one number
  /// above 1, and requests may have a smaller one. kInvalidArgument names the
  /// tensor for which that is not so.
  static Result<RequestContract> Create(Manifest manifest, bool batching);

  /// Brings the request's inputs into the model's order and checks all of
  /// them, and the wished outputs. Returns the first extent: 1 without
  /// batching, so that it counts inferences.
  ///
  /// Errors: kInvalidArgument names the tensor, found and wanted.
  Result<std::int64_t> Bind(InferenceRequest& request) const;

  /// The model's output of that name, which `Bind` has found before.
  std::size_t OutputIndex(std::string_view name) const {
    return output_index_.find(name)->second;
  }

  /// Output `i`, for a request with first extent `extent`.
  TensorType OutputType(std::size_t i, std::int64_t extent) const;
  std::size_t InputBytes(std::size_t i, std::int64_t extent) const;
  std::size_t OutputBytes(std::size_t i, std::int64_t extent) const;

  const Manifest& manifest() const { return manifest_; }
  bool batching() const { return batching_; }
  /// Requests with first extents up to this sum run together; 1 without
  /// batching.
  std::int64_t batch_max() const { return batch_max_; }

 private:
  struct NameHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const {
      return std::hash<std::string_view>()(name);
    }
  };
  using NameIndex =
      std::unordered_map<std::string, std::size_t, NameHash, std::equal_to<>>;

  RequestContract(Manifest manifest, bool batching);

  Result<void> OrderInputs(std::vector<InputTensor>& inputs) const;
  Result<void> CheckWishes(const std::vector<OutputWish>& wishes,
                           std::int64_t extent) const;
  Result<std::int64_t> CheckInput(std::size_t i,
                                  const InputTensor& input) const;
  Result<std::int64_t> InputExtent(std::size_t i,
                                   const InputTensor& input) const;
  std::string WantedType(const TensorType& type) const;
  std::size_t Bytes(const TensorType& type, std::int64_t extent) const;

  Manifest manifest_;
  bool batching_;
  std::int64_t batch_max_ = 1;
  NameIndex input_index_;
  NameIndex output_index_;
};

}  // namespace skerry::agent
