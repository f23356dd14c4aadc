#pragma once

#include "skerry/agent/serving/model_store.h"
#include "skerry/base/result.h"

namespace skerry::agent {

/// kInvalidArgument names the option that is out of its bounds.
Result<void> CheckModelOptions(const ModelOptions& options);

}  // namespace skerry::agent
