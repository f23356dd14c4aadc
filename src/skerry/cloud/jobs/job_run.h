#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "skerry/base/result.h"
#include "skerry/cloud/objects/object_access.h"

namespace skerry::cloud {

/// How a job's work ended. What to do with it is its source's matter.
struct JobOutcome {
  enum class End : std::uint8_t {
    kCompleted,
    kFailed,
    kStopped,  ///< `JobSite::stop_requested` said so
  };
  End end = End::kFailed;
  std::string result = {};          ///< JSON: Job::result
  std::string failure_reason = {};  ///< for a person
  std::string artifact_uri = {};    ///< what was made, as for lineage.h
  std::string artifact_sha256 = {};
  std::string lineage = {};  ///< JSON

  static JobOutcome Failed(std::string reason) {
    JobOutcome outcome;
    outcome.failure_reason = std::move(reason);
    return outcome;
  }
  static JobOutcome Stopped() {
    JobOutcome outcome;
    outcome.end = End::kStopped;
    return outcome;
  }
};

/// Where a job's work is done.
struct JobSite {
  ObjectAccess& objects;
  std::string work_folder;  ///< empty, the job's own
  /// Whether to give up soon; thread-safe.
  std::function<bool()> stop_requested;
  /// Adds text to the job's log.
  std::function<void(std::string_view text)> log;
};

}  // namespace skerry::cloud
