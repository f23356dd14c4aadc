#pragma once

#include <string>

#include "skerry/cloud/sagemaker/call.h"

namespace skerry::cloud {

/// Which stage's devices.
struct StageKey {
  std::string plan;
  std::string stage;
  std::string fleet;
};

/// Whether a DeviceSelectionConfig has what its type needs.
/// ValidationException.
ApiResult<void> CheckSelection(const Json& selection);

/// Records the devices that `selection` selects of the fleet as they are now,
/// as READYTODEPLOY, in place of those that the stage had.
///
///   PERCENTAGE     so many of the fleet, rounded up; first those that no other
///                  stage of the plan has, by name
///   SELECTION      the named ones; ValidationException if one is not there
///   NAMECONTAINS   those whose name contains a text
ApiResult<void> SelectDevices(Sql& sql, const StageKey& key,
                              const Json& selection);

/// The answer of ListStageDevices.
ApiResult<Json> StageDevices(Sql& sql, const Call& call,
                             const std::string& plan_arn, const StageKey& key);

}  // namespace skerry::cloud
