#pragma once

#include <string>
#include <string_view>

#include "skerry/base/result.h"

namespace skerry::cloud {

/// "s3://bucket/key", taken apart. The key may be empty.
struct ObjectUri {
  std::string bucket;
  std::string key;
};

/// kInvalidArgument quotes what is no such URI.
Result<ObjectUri> ParseObjectUri(std::string_view text);

}  // namespace skerry::cloud
