#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "skerry/agent/serving/executor.h"

namespace skerry::agent {

/// Elements of the moody model's input and of its output.
inline constexpr std::size_t kMoodyCount = 4;

/// What its first element does to it; others are echoed.
inline constexpr float kCrash = -1;
inline constexpr float kHang = -2;

/// Writes a model that echoes its input, float32[4], or crashes or hangs.
/// Returns whether it could be built.
bool WriteMoodyModel(const std::string& path);
Manifest MoodyManifest();

/// The workers that this process has started.
std::vector<pid_t> Children();

/// Runs the moody model; all elements are `value`.
Result<std::vector<float>> RunMoody(Executor& executor, float value);

/// The part of a test that runs as a program of its own: starts a worker,
/// tells its number over descriptor 3, and lets the model hang.
int RunDoomedParent(const std::string& model_path);

}  // namespace skerry::agent
