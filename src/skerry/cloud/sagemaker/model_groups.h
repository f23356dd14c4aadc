#pragma once

#include <string>

#include "skerry/cloud/sagemaker/call.h"

namespace skerry::cloud {

inline constexpr std::int64_t kModelGroupCountMax = 10'000;

/// The name in "NAME" or "arn:...:model-package-group/NAME".
std::string ModelGroupName(const std::string& name_or_arn);

/// Who calls, as UserContext.
std::string UserContextText(const Call& call);

// Operations, see operations.h.
ApiResult<Json> CreateModelPackageGroup(Sql& sql, const Call& call);
ApiResult<Json> DescribeModelPackageGroup(Sql& sql, const Call& call);
ApiResult<Json> ListModelPackageGroups(Sql& sql, const Call& call);
ApiResult<Json> DeleteModelPackageGroup(Sql& sql, const Call& call);
ApiResult<Json> PutModelPackageGroupPolicy(Sql& sql, const Call& call);
ApiResult<Json> GetModelPackageGroupPolicy(Sql& sql, const Call& call);
ApiResult<Json> DeleteModelPackageGroupPolicy(Sql& sql, const Call& call);

}  // namespace skerry::cloud
