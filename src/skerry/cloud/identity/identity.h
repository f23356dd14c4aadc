#pragma once

#include <chrono>
#include <cstdint>
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

/// Access keys, kept in the database and cached for a few seconds.
///
/// Thread safety: thread-safe.
class AccessKeys {
 public:
  /// `vault_key`: 32 bytes that secrets are encrypted with at rest (the server
  /// needs them in clear to check signatures).
  static Result<std::unique_ptr<AccessKeys>> Create(Database& database,
                                                    std::string vault_key);
  virtual ~AccessKeys() = default;

  virtual Result<AccessKey> Add(Role role, const std::string& name) = 0;
  /// A key for `principal`'s role that ends (STS).
  virtual Result<AccessKey> AddSession(const Principal& principal,
                                       std::chrono::seconds lifetime) = 0;
  /// With its secret; kNotFound.
  virtual Result<AccessKey> Find(std::string_view access_key_id) = 0;
  virtual Result<std::vector<AccessKey>> List() = 0;
  virtual Result<void> SetActive(const std::string& access_key_id,
                                 bool active) = 0;
  virtual Result<void> Remove(const std::string& access_key_id) = 0;
};

/// How the body of a verified request is to be checked and decoded.
///
/// Thread safety: thread-compatible.
class PayloadReader {
 public:
  virtual ~PayloadReader() = default;
  /// Takes bytes as they came, appends content to `content`. Errors:
  /// SignatureDoesNotMatch, XAmzContentSHA256Mismatch, IncompleteBody,
  /// InvalidRequest, as S3 names them.
  virtual ApiResult<void> Read(std::span<const std::byte> piece,
                               std::vector<std::byte>& content) = 0;
  /// The body has ended.
  virtual ApiResult<void> End() = 0;
  /// Trailers of aws-chunked bodies (checksums), after `End`.
  virtual const http::Headers& trailers() const = 0;
};

struct VerifiedRequest {
  Principal principal;
  std::string service;  ///< of the scope: "s3", "sagemaker"
  std::string region;
  bool presigned = false;
  std::unique_ptr<PayloadReader> payload;
};

/// Checks Signature Version 4: Authorization header, presigned URL, or the
/// chunked form (STREAMING-AWS4-HMAC-SHA256-PAYLOAD, its -TRAILER form and
/// STREAMING-UNSIGNED-PAYLOAD-TRAILER). Clock skew of 15 minutes is allowed.
/// Errors carry AWS's codes: for `s3` AccessDenied, InvalidAccessKeyId,
/// SignatureDoesNotMatch, RequestTimeTooSkewed,
/// AuthorizationQueryParametersError; for all others
/// MissingAuthenticationToken, UnrecognizedClientException,
/// InvalidSignatureException, ExpiredTokenException.
ApiResult<VerifiedRequest> VerifyRequest(
    const RequestHead& head, AccessKeys& keys,
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
};

/// Adds an entry within the change that it tells of.
Result<void> WriteAudit(Transaction& transaction, const AuditEntry& entry);
/// The newest first, at most `count`, older than `before` (0: all).
Result<std::vector<AuditEntry>> ReadAudit(Database& database, int count,
                                          std::int64_t before);

/// The tables of this module.
std::span<const Migration> IdentityMigrations();

}  // namespace skerry::cloud
