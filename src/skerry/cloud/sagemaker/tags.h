#pragma once

#include <string>

#include "skerry/cloud/sagemaker/call.h"

namespace skerry::cloud {

inline constexpr std::size_t kTagCountMax = 50;

/// Puts the request's Tags, if it has any, on `arn`.
///
/// Errors: ValidationException for keys that are there twice or begin with
/// "aws:"; ResourceLimitExceeded for more than `kTagCountMax` of a resource.
ApiResult<void> AddTagsTo(Sql& sql, const Call& call, const std::string& arn);

/// Removes all tags of `arn`.
ApiResult<void> DropTagsOf(Sql& sql, const std::string& arn);

// Operations, see operations.h.
ApiResult<Json> AddTags(Sql& sql, const Call& call);
ApiResult<Json> ListTags(Sql& sql, const Call& call);
ApiResult<Json> DeleteTags(Sql& sql, const Call& call);

}  // namespace skerry::cloud
