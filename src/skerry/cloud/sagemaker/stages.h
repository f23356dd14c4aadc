#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "skerry/cloud/sagemaker/call.h"

namespace skerry::cloud {

inline constexpr std::size_t kStageCountMax = 10;

/// Adds the request's Stages to a plan of `fleet`. ResourceLimitExceeded for
/// more than `kStageCountMax` of a plan; ValidationException.
ApiResult<void> AddStages(Sql& sql, const Call& call, const std::string& plan,
                          const std::string& fleet);

/// Whether a stage in `status` has work under way.
bool IsActiveStage(std::string_view status);

/// Ends the stage if no device of it has work left: DEPLOYED, or FAILED if any
/// device failed.
ApiResult<void> SettleStage(Sql& sql, const std::string& plan,
                            const std::string& stage);

// Operations, see operations.h.
ApiResult<Json> CreateEdgeDeploymentStage(Sql& sql, const Call& call);
ApiResult<Json> DeleteEdgeDeploymentStage(Sql& sql, const Call& call);
ApiResult<Json> StartEdgeDeploymentStage(Sql& sql, const Call& call);
ApiResult<Json> StopEdgeDeploymentStage(Sql& sql, const Call& call);
ApiResult<Json> ListStageDevices(Sql& sql, const Call& call);

}  // namespace skerry::cloud
