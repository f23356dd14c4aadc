#pragma once

#include <string>

#include "layer_report.h"
#include "skerry/base/result.h"

namespace skerry::cli {

/// Times each layer of the compiled model at `path` for about `seconds`. Runs
/// of the whole model take turns with runs layer by layer, so that both meet
/// the machine in the same state.
///
/// Errors: those of loading; kInvalidArgument names the file if its model
/// cannot run its layers one by one, since it is from before they could.
Result<LayerMeasurement> MeasureLayers(const std::string& path, int threads,
                                       double seconds);

}  // namespace skerry::cli
