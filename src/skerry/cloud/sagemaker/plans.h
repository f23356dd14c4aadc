#pragma once

#include <string>

#include "skerry/cloud/sagemaker/call.h"

namespace skerry::cloud {

inline constexpr std::int64_t kPlanCountMax = 10'000;

/// What there is of a plan.
struct PlanRow {
  std::string arn;
  std::string fleet;
  Json model_configs;
  std::int64_t created = 0, modified = 0;  ///< micros
};

/// ResourceNotFound if there is none.
ApiResult<PlanRow> GetPlan(Sql& sql, const std::string& plan);

/// Sets when the plan was changed to now.
ApiResult<void> TouchPlan(Sql& sql, const Call& call, const std::string& plan);

// Operations, see operations.h.
ApiResult<Json> CreateEdgeDeploymentPlan(Sql& sql, const Call& call);
ApiResult<Json> DescribeEdgeDeploymentPlan(Sql& sql, const Call& call);
ApiResult<Json> ListEdgeDeploymentPlans(Sql& sql, const Call& call);
ApiResult<Json> DeleteEdgeDeploymentPlan(Sql& sql, const Call& call);

}  // namespace skerry::cloud
