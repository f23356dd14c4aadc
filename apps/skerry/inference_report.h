#pragma once

#include <string>
#include <vector>

#include "inference_options.h"
#include "ranking.h"
#include "reports.h"
#include "skerry/base/result.h"
#include "skerry/model/manifest.h"
#include "skerry/tensor/tensor.h"

namespace skerry::cli {

/// What is said of a model's outputs: the largest scores, the files that they
/// were written to, or their ranges.
///
/// Thread safety: thread-compatible.
class InferenceReport {
 public:
  /// Ranks and writes the outputs as `options` ask. `outputs` are those of
  /// `specs`, in their order. `labels` as `ReadLabels` gave them.
  ///
  /// Errors: those of `RankTop` and of the files.
  static Result<InferenceReport> Create(const InferenceOptions& options,
                                        const std::vector<TensorSpec>& specs,
                                        std::vector<Tensor> outputs,
                                        const std::vector<std::string>& labels);

  /// Prints it, as text, or as JSON with `facts` before "outputs".
  void Print(Json facts) const;

 private:
  struct Output {
    std::string name;
    Tensor tensor;
    std::string path;  ///< empty: not written
  };

  explicit InferenceReport(const InferenceOptions& options)
      : options_(options) {}

  Result<void> Rank(const std::vector<std::string>& labels);
  Result<void> Write(const std::vector<TensorSpec>& specs);
  Json ToJson(Json report) const;
  std::string Text() const;
  static std::string Range(const Output& output);

  InferenceOptions options_;
  std::vector<Output> outputs_;
  std::vector<Ranked> top_;
};

}  // namespace skerry::cli
