#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "skerry/base/result.h"
#include "skerry/runtime/session.h"
#include "skerry/tensor/tensor.h"

namespace skerry::cli {

/// Runs that are made before any is timed.
inline constexpr int kWarmUpRuns = 3;
/// At least so many runs are timed, however long they take.
inline constexpr std::size_t kRunsMin = 10;

/// A loaded model with inputs, ready to run.
struct Subject {
  runtime::Session session;
  std::vector<Tensor> inputs;
  std::vector<std::span<const std::byte>> views;  ///< of `inputs`

  Result<void> Run() { return session.Run(views); }
};

/// The model at `path` with random inputs, the same on every call.
Result<Subject> LoadSubject(const std::string& path, int threads);

}  // namespace skerry::cli
