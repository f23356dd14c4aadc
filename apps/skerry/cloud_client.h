#pragma once

#include <memory>
#include <string>

#include "reports.h"
#include "skerry/base/result.h"

namespace skerry::cli {

/// Speaks to a control plane as the AWS variables of the environment say:
/// AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY,
/// AWS_SESSION_TOKEN, AWS_REGION or AWS_DEFAULT_REGION, and AWS_CA_BUNDLE.
///
/// Thread safety: thread-compatible.
class CloudClient {
 public:
  /// kFailedPrecondition names the variable that is missing;
  /// kInvalidArgument for a bad one.
  static Result<std::unique_ptr<CloudClient>> Create();
  virtual ~CloudClient() = default;

  /// Sends a signed request; `body` may be null. Errors: kInvalidArgument and
  /// kNotFound for what the server refused, in its words; kUnavailable.
  virtual Result<Json> Call(const std::string& method,
                            const std::string& target, const Json& body) = 0;
};

/// `text` as a part of a path or query.
std::string UrlPart(const std::string& text);

}  // namespace skerry::cli
