#pragma once

#include <string>

#include "skerry/cloud/sagemaker/call.h"

namespace skerry::cloud {

/// Of one group.
inline constexpr std::int64_t kModelVersionCountMax = 100'000;

/// What a package was created with, and what updates have added to it; its
/// members are those of CreateModelPackage. `name_or_arn`: "NAME",
/// "GROUP/VERSION", or an ARN. "ValidationException" if there is none.
ApiResult<Json> PackageContent(Sql& sql, const std::string& name_or_arn);

// Operations, see operations.h.
ApiResult<Json> CreateModelPackage(Sql& sql, const Call& call);
ApiResult<Json> DescribeModelPackage(Sql& sql, const Call& call);
ApiResult<Json> ListModelPackages(Sql& sql, const Call& call);
ApiResult<Json> UpdateModelPackage(Sql& sql, const Call& call);
ApiResult<Json> DeleteModelPackage(Sql& sql, const Call& call);
ApiResult<Json> BatchDescribeModelPackage(Sql& sql, const Call& call);

}  // namespace skerry::cloud
