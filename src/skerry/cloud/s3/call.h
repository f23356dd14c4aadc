#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "skerry/cloud/api/api_error.h"
#include "skerry/cloud/identity/identity.h"
#include "skerry/cloud/objects/object_store.h"
#include "skerry/cloud/s3/content_check.h"
#include "skerry/cloud/s3/handler.h"
#include "skerry/cloud/s3/target.h"
#include "skerry/cloud/s3/xml.h"

namespace skerry::cloud {

/// A request that was verified and allowed, whose body has come.
struct S3Call {
  ObjectStore& store;
  const S3Options& options;
  const RequestHead& head;
  S3Target target = {};
  Principal principal = {};
  std::string action = {};  ///< "s3:PutObject"
  std::string body = {};    ///< of an operation that takes XML
  /// Of an operation that takes an object's bytes: sealed, and checked.
  std::unique_ptr<BlobWriter> blob = {};
  std::optional<ContentCheck> check = {};

  const std::string& bucket() const { return target.bucket; }
  const std::string& key() const { return target.key; }
  std::string_view header(std::string_view name) const {
    return head.header(name);
  }
  bool is_head() const { return head.method == "HEAD"; }
  /// The audit entry of what this call changes.
  AlsoWrite Audit() const { return AuditOf(key()); }
  /// The same, about `object` of the bucket.
  AlsoWrite AuditOf(const std::string& object) const;
};

/// An answer of what `xml` holds.
Response XmlResponse(XmlWriter& xml);
/// An answer without a body.
Response StatusResponse(int status);

using S3Answer = ApiResult<Response>;

/// The body that an operation takes.
enum class BodyKind : std::uint8_t {
  kNone,
  kXml,
  kXmlOfWhole,  ///< XML, while checksum headers are those of an object
  kObject,
};

/// What a bucket or key is asked to do.
struct S3Operation {
  enum class Scope : std::uint8_t { kService, kBucket, kObject };

  std::string_view method;
  Scope scope = Scope::kService;
  std::string_view parameter;  ///< that the query must have; or none
  std::string_view header;     ///< that must be there; or none
  std::string_view action;     ///< that must be allowed
  BodyKind body = BodyKind::kNone;
  S3Answer (*run)(S3Call& call) = nullptr;
};

/// The operation that `head` asks for. Errors: NotImplemented names what S3 has
/// and this has not; MethodNotAllowed.
ApiResult<const S3Operation*> FindOperation(const RequestHead& head,
                                            const S3Target& target);

// Operations, by file.
// bucket_operations.cc
S3Answer ListBuckets(S3Call& call);
S3Answer CreateBucket(S3Call& call);
S3Answer DeleteBucket(S3Call& call);
S3Answer HeadBucket(S3Call& call);
S3Answer GetBucketLocation(S3Call& call);
S3Answer GetBucketVersioning(S3Call& call);
S3Answer PutBucketVersioning(S3Call& call);
S3Answer DeleteObjects(S3Call& call);
// list_operations.cc
S3Answer ListObjects(S3Call& call);
S3Answer ListObjectsV2(S3Call& call);
S3Answer ListObjectVersions(S3Call& call);
S3Answer ListMultipartUploads(S3Call& call);
// get_operations.cc
S3Answer GetObject(S3Call& call);  // and HeadObject
S3Answer GetObjectAttributes(S3Call& call);
S3Answer GetObjectTagging(S3Call& call);
// put_operations.cc
S3Answer PutObject(S3Call& call);
S3Answer CopyObject(S3Call& call);
S3Answer DeleteObject(S3Call& call);
S3Answer PutObjectTagging(S3Call& call);
S3Answer DeleteObjectTagging(S3Call& call);
// upload_operations.cc
S3Answer CreateMultipartUpload(S3Call& call);
S3Answer UploadPart(S3Call& call);
S3Answer UploadPartCopy(S3Call& call);
S3Answer CompleteMultipartUpload(S3Call& call);
S3Answer AbortMultipartUpload(S3Call& call);
S3Answer ListParts(S3Call& call);

/// Checks before the body is taken: that an upload exists. The algorithm that
/// it wants of each part, or none.
ApiResult<std::optional<ChecksumAlgorithm>> PrepareObject(const S3Call& call);
ApiResult<std::optional<ChecksumAlgorithm>> PreparePart(const S3Call& call);

/// What the client is told of a fault of ours; of a full disk as well.
ApiError FaultOf(const Error& error);

}  // namespace skerry::cloud
