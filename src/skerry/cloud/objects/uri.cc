#include "skerry/cloud/objects/uri.h"

namespace skerry::cloud {

Result<ObjectUri> ParseObjectUri(std::string_view text) {
  constexpr std::string_view kScheme = "s3://";
  if (!text.starts_with(kScheme)) {
    return InvalidArgument("'" + std::string(text) +
                           "' is not of the form s3://BUCKET/KEY");
  }
  const std::string_view rest = text.substr(kScheme.size());
  const std::size_t slash = rest.find('/');
  ObjectUri uri;
  uri.bucket = rest.substr(0, slash);
  if (slash != std::string_view::npos) uri.key = rest.substr(slash + 1);
  if (uri.bucket.empty()) {
    return InvalidArgument("'" + std::string(text) + "' names no bucket");
  }
  return uri;
}

}  // namespace skerry::cloud
