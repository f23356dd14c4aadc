#pragma once

#include <functional>
#include <span>

#include "skerry/base/result.h"
#include "skerry/cloud/objects/object_store.h"
#include "skerry/cloud/s3/call.h"
#include "skerry/cloud/s3/range.h"

namespace skerry::cloud {

/// What x-amz-copy-source names, if the caller may read it and the conditions
/// of x-amz-copy-source-if-* hold.
ApiResult<OpenObject> OpenCopySource(const S3Call& call);

/// Calls `take` with pieces of a stretch of `file`. kDataLoss if it is shorter.
Result<void> ReadStretch(
    const platform::FileDescriptor& file, ByteRange range,
    const std::function<Result<void>(std::span<const std::byte>)>& take);

}  // namespace skerry::cloud
