#pragma once

#include <string>
#include <string_view>

#include "skerry/cloud/api/api_error.h"

namespace skerry::cloud {

/// Why a request is not its sender's, in the codes of S3 or of the others.
/// None tells what would have been right.
ApiError RefuseAnonymous(bool s3);
ApiError RefuseMalformed(bool s3, bool presigned, std::string message);
ApiError RefuseUnknownKey(bool s3);
ApiError RefuseSignature(bool s3);
ApiError RefuseTime(bool s3, std::string message);
ApiError RefuseToken(bool s3);
ApiError RefuseEndedSession(bool s3);
ApiError RefuseUnsignedHeader(bool s3, std::string_view header);

}  // namespace skerry::cloud
