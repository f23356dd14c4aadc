#pragma once

#include "skerry/cloud/sagemaker/call.h"

namespace skerry::cloud {

// Operations, see operations.h.
ApiResult<Json> CreateCompilationJob(Sql& sql, const Call& call);
ApiResult<Json> DescribeCompilationJob(Sql& sql, const Call& call);
ApiResult<Json> ListCompilationJobs(Sql& sql, const Call& call);
ApiResult<Json> StopCompilationJob(Sql& sql, const Call& call);
ApiResult<Json> DeleteCompilationJob(Sql& sql, const Call& call);

}  // namespace skerry::cloud
