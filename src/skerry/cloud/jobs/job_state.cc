#include <array>
#include <cstddef>
#include <utility>

#include "skerry/cloud/jobs/job_queue.h"

namespace skerry::cloud {
namespace {

// By their enumerators.
constexpr std::array<std::string_view, 6> kStateNames = {
    "STARTING", "INPROGRESS", "COMPLETED", "FAILED", "STOPPING", "STOPPED"};
constexpr std::array<std::string_view, 2> kKindNames = {"compilation",
                                                        "packaging"};

}  // namespace

std::string_view JobStateName(JobState state) {
  return kStateNames[std::to_underlying(state)];
}

Result<JobState> ParseJobState(std::string_view name) {
  for (std::size_t i = 0; i < kStateNames.size(); ++i) {
    if (kStateNames[i] == name) return static_cast<JobState>(i);
  }
  return InvalidArgument("'" + std::string(name) + "' is no state of a job");
}

bool HasEnded(JobState state) {
  return state == JobState::kCompleted || state == JobState::kFailed ||
         state == JobState::kStopped;
}

std::string_view JobKindName(JobKind kind) {
  return kKindNames[std::to_underlying(kind)];
}

Result<JobKind> ParseJobKind(std::string_view name) {
  for (std::size_t i = 0; i < kKindNames.size(); ++i) {
    if (kKindNames[i] == name) return static_cast<JobKind>(i);
  }
  return InvalidArgument("'" + std::string(name) + "' is no kind of job");
}

}  // namespace skerry::cloud
