#pragma once

#include <chrono>

#include "skerry/agent/capture/capture.h"
#include "skerry/base/result.h"

namespace skerry::agent {

/// kInvalidArgument names the option that cannot be.
Result<void> CheckOptions(const CaptureOptions& options, bool has_s3);

/// The errors that `Capture::Accept` has for a record by itself: id, time,
/// names, and the size of tensors.
Result<void> CheckRecord(const CaptureRecord& record,
                         std::chrono::system_clock::time_point now);

/// The memory that a record takes, about.
std::size_t RecordBytes(const CaptureRecord& record);

}  // namespace skerry::agent
