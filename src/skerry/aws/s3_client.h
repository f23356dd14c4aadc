#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "skerry/base/result.h"
#include "skerry/platform/file.h"

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

/// From the section [default] of a file in AWS's format, read anew each time:
/// what is put in its place is used at once. Errors: kNotFound;
/// kPermissionDenied if others may read it; kFailedPrecondition names what is
/// not in it.
CredentialsProvider FileCredentials(std::string path);

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

/// What S3 tells of an object without its bytes.
struct S3Object {
  std::uint64_t byte_count = 0;
  std::string etag;  ///< without quotes
};

/// Puts objects into S3 and gets them, signed by Signature Version 4.
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

  /// Puts what the regular file `file` holds, in parts if it is large; at most
  /// one part is in memory. Errors: as `Put`; an upload that failed is
  /// aborted.
  virtual Result<S3Object> PutFile(const std::string& bucket,
                                   const std::string& key,
                                   const platform::FileDescriptor& file,
                                   std::string_view content_type) = 0;

  /// Errors: as `Put`; kNotFound.
  virtual Result<S3Object> Head(const std::string& bucket,
                                const std::string& key) = 0;

  /// Appends the object to `file`, in pieces of some MiB, all of one version
  /// of it. Errors: as `Head`; kFailedPrecondition if the object was replaced
  /// meanwhile; kResourceExhausted if it has more than `bytes_max`, or the
  /// disk is full.
  virtual Result<S3Object> Get(const std::string& bucket,
                               const std::string& key,
                               const platform::FileDescriptor& file,
                               std::uint64_t bytes_max) = 0;
};

}  // namespace skerry::aws
