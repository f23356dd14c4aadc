#pragma once

#include "skerry/cloud/sagemaker/call.h"

namespace skerry::cloud {

// Operations, see operations.h.
ApiResult<Json> CreateEdgePackagingJob(Sql& sql, const Call& call);
ApiResult<Json> DescribeEdgePackagingJob(Sql& sql, const Call& call);
ApiResult<Json> ListEdgePackagingJobs(Sql& sql, const Call& call);
ApiResult<Json> StopEdgePackagingJob(Sql& sql, const Call& call);

}  // namespace skerry::cloud
