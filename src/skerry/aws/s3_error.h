#pragma once

#include <string>
#include <string_view>

#include "skerry/base/error.h"

namespace skerry::aws {

/// What S3 says about a request that it did not do.
struct S3ErrorBody {
  std::string code;     ///< such as "NoSuchBucket"; at most 128 bytes
  std::string message;  ///< at most 512 bytes
};

/// The first <Code> and <Message> of an answer's XML; empty where there is
/// none, it is too long, or it holds other elements. Control characters become
/// spaces.
S3ErrorBody ParseS3Error(std::string_view body);

/// The error for an answer with HTTP `status` and `body`.
Error ErrorOfS3(int status, std::string_view body);

}  // namespace skerry::aws
