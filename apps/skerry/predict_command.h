#pragma once

#include "predict_options.h"
#include "skerry/base/result.h"

namespace skerry::cli {

/// `skerry predict`: asks an agent, and reports what it answers.
Result<void> Predict(const PredictOptions& options);

}  // namespace skerry::cli
