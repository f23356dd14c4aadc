#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "skerry/base/result.h"
#include "skerry/cloud/api/api_error.h"
#include "skerry/cloud/database/database.h"
#include "skerry/cloud/server/message.h"

namespace skerry::cloud {

/// What a key may do; each role may what is said, and nothing else.
enum class Role : std::uint8_t {
  kAdmin,     ///< everything, keys included
  kDeployer,  ///< everything but keys and the audit log
  kViewer,    ///< read
  kDevice,    ///< its own device's data plane, and reading objects
  kWorker,    ///< take jobs, read and write their objects
};
std::string_view RoleName(Role role);
Result<Role> ParseRole(std::string_view name);

/// Who asks.
struct Principal {
  std::string access_key_id;
  Role role = Role::kViewer;
  std::string
      name;  ///< a person's word for the key; of a device "FLEET/DEVICE"
};

struct AccessKey {
  Principal principal;
  std::string secret;         ///< only where a key was just made
  std::string session_token;  ///< of a key that ends
  std::int64_t created = 0;   ///< micros
  std::int64_t expires = 0;   ///< micros; 0: never
  bool active = true;
};

/// Whether `who` may do `action` ("s3:GetObject", "sagemaker:CreateDevice",
/// "sagemaker-edge:SendHeartbeat", "skerry:keys:Add", "skerry:audit:Read",
/// "skerry:jobs:Lease") to `resource`: an ARN or a key; of the edge data plane
/// "FLEET/DEVICE", since a device may speak for itself only.
bool Allows(const Principal& who, std::string_view action,
            std::string_view resource);

/// A session's lifetime.
inline constexpr std::chrono::seconds kSessionLifetimeMax =
    std::chrono::hours(36);

/// Access keys, kept in the database and cached for a few seconds: so long
/// may other servers take a key that was removed. Sessions go away together
/// with the key that they were made by.
///
/// Thread safety: thread-safe.
class AccessKeys {
 public:
  /// What else belongs to a change's transaction: its entry in the audit log.
  using Also = std::function<Result<void>(Transaction&, const AccessKey&)>;

  /// `vault_key`: 32 bytes that secrets are encrypted with at rest (the server
  /// needs them in clear to check signatures). The tables must be there.
  ///
  /// Errors: kInvalidArgument for another length; kFailedPrecondition if the
  /// keys in the database were encrypted with another one.
  static Result<std::unique_ptr<AccessKeys>> Create(Database& database,
                                                    std::string vault_key);
  virtual ~AccessKeys() = default;

  /// kInvalidArgument for a name that is empty, too long, not printable, or of
  /// a device but not "FLEET/DEVICE".
  virtual Result<AccessKey> Add(Role role, const std::string& name,
                                const Also& also = {}) = 0;
  /// A key for `principal`'s role that ends (STS).
  virtual Result<AccessKey> AddSession(const Principal& principal,
                                       std::chrono::seconds lifetime,
                                       const Also& also = {}) = 0;
  /// With its secret; kNotFound.
  virtual Result<AccessKey> Find(std::string_view access_key_id) = 0;
  /// Without secrets, the oldest first; no sessions.
  virtual Result<std::vector<AccessKey>> List() = 0;
  /// kNotFound. Sessions follow.
  virtual Result<void> SetActive(const std::string& access_key_id, bool active,
                                 const Also& also = {}) = 0;
  virtual Result<void> Remove(const std::string& access_key_id,
                              const Also& also = {}) = 0;

  /// The 32 bytes that `key` signs with in a scope of Signature Version 4;
  /// kept for the next request.
  virtual std::string SigningKey(const AccessKey& key, std::string_view date,
                                 std::string_view region,
                                 std::string_view service) = 0;
};

/// Bytes of a body whose signature is checked at its end.
inline constexpr std::size_t kDeferredBodyBytesMax = std::size_t{32} << 20;

/// How the body of a verified request is to be checked and decoded. What it
/// gives is the client's word only when `End` has succeeded: nothing may be
/// visible to others before.
///
/// Thread safety: thread-compatible.
class PayloadReader {
 public:
  virtual ~PayloadReader() = default;
  /// Takes bytes as they came, appends content to `content`. Errors:
  /// SignatureDoesNotMatch, XAmzContentSHA256Mismatch, IncompleteBody,
  /// InvalidRequest, as S3 names them; InvalidSignatureException and
  /// RequestEntityTooLarge of other services. After an error there is no use
  /// in going on.
  virtual ApiResult<void> Read(std::span<const std::byte> piece,
                               std::vector<std::byte>& content) = 0;
  /// The body has ended.
  virtual ApiResult<void> End() = 0;
  /// Trailers of aws-chunked bodies (checksums), after `End`.
  virtual const http::Headers& trailers() const = 0;
};

/// Who asks, and how to read the body.
///
/// The signature of S3's requests covers the body's digest, which is in a
/// header. Other services' clients sign the digest without sending it: if
/// there is a body, the signature can be checked only when all of it has come,
/// by `PayloadReader::End`. Until then `provisional` is true and `principal` is
/// who the client says it is: good for refusing what that principal may not
/// do, not for doing or telling anything. Such bodies are limited to
/// `kDeferredBodyBytesMax`.
struct VerifiedRequest {
  Principal principal;
  std::string service;  ///< of the scope: "s3", "sagemaker"
  std::string region;
  bool presigned = false;
  bool provisional = false;
  std::unique_ptr<PayloadReader> payload;
};

/// Checks Signature Version 4: Authorization header, presigned URL, or the
/// chunked form (STREAMING-AWS4-HMAC-SHA256-PAYLOAD, its -TRAILER form and
/// STREAMING-UNSIGNED-PAYLOAD-TRAILER). Clock skew of 15 minutes is allowed.
/// Errors carry AWS's codes: for `s3` AccessDenied, InvalidAccessKeyId,
/// SignatureDoesNotMatch, RequestTimeTooSkewed, ExpiredToken, InvalidToken,
/// InvalidRequest, AuthorizationHeaderMalformed,
/// AuthorizationQueryParametersError; for all others
/// MissingAuthenticationToken, IncompleteSignature,
/// UnrecognizedClientException, InvalidSignatureException,
/// ExpiredTokenException. A database that does not answer is an
/// `InternalApiError`.
ApiResult<VerifiedRequest> VerifyRequest(
    const RequestHead& head, AccessKeys& keys,
    std::chrono::system_clock::time_point now);

/// Whether `head` is a presigned URL of Signature Version 2, which S3's older
/// clients make, and boto3 and the AWS command line for the oldest regions.
bool IsVersion2(const RequestHead& head);

/// Checks one. `resource` is "/BUCKET/KEY", encoded as in the URL, wherever the
/// bucket is named. A parameter that says what to do, but that such signatures
/// do not cover, is refused; those of lists, which only choose a part of it,
/// are not.
ApiResult<VerifiedRequest> VerifyVersion2(
    const RequestHead& head, std::string_view resource, AccessKeys& keys,
    std::chrono::system_clock::time_point now);

/// Who did what. Entries are never changed.
struct AuditEntry {
  std::int64_t time = 0;  ///< micros
  std::string access_key_id;
  std::string name;
  std::string peer;
  std::string action;    ///< "sagemaker:CreateDeviceFleet"
  std::string resource;  ///< ARN or key
  std::string outcome;   ///< "ok" or the error's code
  std::string id = {};   ///< made by `WriteAudit`
};

/// Adds an entry within the change that it tells of. Without a time: now.
Result<void> WriteAudit(Transaction& transaction, const AuditEntry& entry);
/// The newest first, at most `count`, older than `before` (0: all). The next
/// page comes after the last entry's time and id.
Result<std::vector<AuditEntry>> ReadAudit(Database& database, int count,
                                          std::int64_t before,
                                          const std::string& before_id = "");

/// The tables of this module.
std::span<const Migration> IdentityMigrations();

}  // namespace skerry::cloud
