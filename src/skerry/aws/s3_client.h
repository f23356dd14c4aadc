#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "skerry/base/result.h"

namespace skerry::aws {

struct Credentials {
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;  ///< empty for long-lived keys
};

/// Gives the credentials to use now; may fetch and cache them.
using CredentialsProvider = std::function<Result<Credentials>()>;

/// From AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN.
/// kFailedPrecondition names the variable that is missing.
CredentialsProvider EnvironmentCredentials();

/// From an IoT credential provider
/// ("https://HOST/role-aliases/ALIAS/credentials"), by the device's
/// certificate over mutual TLS; kept until shortly before they expire.
struct IotCredentialOptions {
  std::string url;
  std::string thing_name;
  std::string ca_file;
  std::string certificate_file;
  std::string key_file;
};
Result<CredentialsProvider> IotCredentials(IotCredentialOptions options);

struct S3Options {
  /// "https://s3.eu-west-1.amazonaws.com" or any other S3. Buckets are named
  /// in the path.
  std::string endpoint;
  std::string region = "us-east-1";
  std::string ca_file;  ///< empty: the system's
  std::chrono::milliseconds timeout = std::chrono::seconds(60);
};

/// Puts objects into S3, signed by Signature Version 4.
///
/// Thread safety: thread-compatible.
class S3Client {
 public:
  static Result<std::unique_ptr<S3Client>> Create(
      S3Options options, CredentialsProvider credentials);

  virtual ~S3Client() = default;

  /// Errors: kUnavailable, kDeadlineExceeded, kPermissionDenied, kNotFound
  /// (no such bucket), each with S3's own code and message; kUnavailable is
  /// worth another try.
  virtual Result<void> Put(const std::string& bucket, const std::string& key,
                           std::string_view content,
                           std::string_view content_type) = 0;
};

}  // namespace skerry::aws
