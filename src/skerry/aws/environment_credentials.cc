#include <cstdlib>
#include <string>

#include "skerry/aws/s3_client.h"

namespace skerry::aws {
namespace {

std::string Variable(const char* name) {
  const char* const value = std::getenv(name);
  return value != nullptr ? value : "";
}

Result<Credentials> Read() {
  constexpr char kId[] = "AWS_ACCESS_KEY_ID";
  constexpr char kSecret[] = "AWS_SECRET_ACCESS_KEY";
  Credentials read{Variable(kId), Variable(kSecret),
                   Variable("AWS_SESSION_TOKEN")};
  if (!read.access_key_id.empty() && !read.secret_access_key.empty()) {
    return read;
  }
  const char* const missing = read.access_key_id.empty() ? kId : kSecret;
  return FailedPrecondition(std::string("no credentials: ") + missing +
                            " is not set in the environment");
}

}  // namespace

CredentialsProvider EnvironmentCredentials() { return Read; }

}  // namespace skerry::aws
