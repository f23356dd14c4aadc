#include <algorithm>
#include <array>

#include "skerry/cloud/s3/call.h"

namespace skerry::cloud {
namespace {

using Scope = S3Operation::Scope;

// The first that fits is it, so those with more to ask for come first.
constexpr std::array<S3Operation, 27> kOperations = {{
    {"GET", Scope::kService, "", "", "s3:ListAllMyBuckets", BodyKind::kNone,
     ListBuckets},

    {"PUT", Scope::kBucket, "versioning", "", "s3:PutBucketVersioning",
     BodyKind::kXml, PutBucketVersioning},
    {"PUT", Scope::kBucket, "", "", "s3:CreateBucket", BodyKind::kXml,
     CreateBucket},
    {"DELETE", Scope::kBucket, "", "", "s3:DeleteBucket", BodyKind::kNone,
     DeleteBucket},
    {"HEAD", Scope::kBucket, "", "", "s3:ListBucket", BodyKind::kNone,
     HeadBucket},
    {"POST", Scope::kBucket, "delete", "", "s3:DeleteObject", BodyKind::kXml,
     DeleteObjects},
    {"GET", Scope::kBucket, "location", "", "s3:GetBucketLocation",
     BodyKind::kNone, GetBucketLocation},
    {"GET", Scope::kBucket, "versioning", "", "s3:GetBucketVersioning",
     BodyKind::kNone, GetBucketVersioning},
    {"GET", Scope::kBucket, "versions", "", "s3:ListBucketVersions",
     BodyKind::kNone, ListObjectVersions},
    {"GET", Scope::kBucket, "uploads", "", "s3:ListBucketMultipartUploads",
     BodyKind::kNone, ListMultipartUploads},
    {"GET", Scope::kBucket, "list-type", "", "s3:ListBucket", BodyKind::kNone,
     ListObjectsV2},
    {"GET", Scope::kBucket, "", "", "s3:ListBucket", BodyKind::kNone,
     ListObjects},

    {"GET", Scope::kObject, "uploadId", "", "s3:ListMultipartUploadParts",
     BodyKind::kNone, ListParts},
    {"GET", Scope::kObject, "attributes", "", "s3:GetObjectAttributes",
     BodyKind::kNone, GetObjectAttributes},
    {"GET", Scope::kObject, "tagging", "", "s3:GetObjectTagging",
     BodyKind::kNone, GetObjectTagging},
    {"GET", Scope::kObject, "", "", "s3:GetObject", BodyKind::kNone, GetObject},
    {"HEAD", Scope::kObject, "", "", "s3:GetObject", BodyKind::kNone,
     GetObject},
    {"PUT", Scope::kObject, "uploadId", "x-amz-copy-source", "s3:PutObject",
     BodyKind::kNone, UploadPartCopy},
    {"PUT", Scope::kObject, "uploadId", "", "s3:PutObject", BodyKind::kObject,
     UploadPart},
    {"PUT", Scope::kObject, "tagging", "", "s3:PutObjectTagging",
     BodyKind::kXml, PutObjectTagging},
    {"PUT", Scope::kObject, "", "x-amz-copy-source", "s3:PutObject",
     BodyKind::kNone, CopyObject},
    {"PUT", Scope::kObject, "", "", "s3:PutObject", BodyKind::kObject,
     PutObject},
    {"POST", Scope::kObject, "uploads", "", "s3:PutObject", BodyKind::kNone,
     CreateMultipartUpload},
    {"POST", Scope::kObject, "uploadId", "", "s3:PutObject",
     BodyKind::kXmlOfWhole, CompleteMultipartUpload},
    {"DELETE", Scope::kObject, "uploadId", "", "s3:AbortMultipartUpload",
     BodyKind::kNone, AbortMultipartUpload},
    {"DELETE", Scope::kObject, "tagging", "", "s3:DeleteObjectTagging",
     BodyKind::kNone, DeleteObjectTagging},
    {"DELETE", Scope::kObject, "", "", "s3:DeleteObject", BodyKind::kNone,
     DeleteObject},
}};

// What S3 has beside that, each a parameter of the query.
constexpr std::array<std::string_view, 31> kNotOffered = {
    "accelerate",
    "acl",
    "analytics",
    "cors",
    "encryption",
    "intelligent-tiering",
    "inventory",
    "legal-hold",
    "lifecycle",
    "logging",
    "metadataConfiguration",
    "metadataTable",
    "metrics",
    "notification",
    "object-lock",
    "ownershipControls",
    "policy",
    "policyStatus",
    "publicAccessBlock",
    "renameObject",
    "replication",
    "requestPayment",
    "restore",
    "retention",
    "select",
    "session",
    "torrent",
    "website",
    "append",
    "abac",
    "metadataInventoryTable"};

Scope ScopeOf(const S3Target& target) {
  if (target.bucket.empty()) return Scope::kService;
  return target.key.empty() ? Scope::kBucket : Scope::kObject;
}

}  // namespace

ApiResult<const S3Operation*> FindOperation(const RequestHead& head,
                                            const S3Target& target) {
  const Scope scope = ScopeOf(target);
  for (const auto& [name, value] : target.parameters) {
    const bool bucket_tags = name == "tagging" && scope == Scope::kBucket;
    if (bucket_tags ||
        std::ranges::find(kNotOffered, name) != kNotOffered.end()) {
      return std::unexpected(
          ApiError{501, "NotImplemented",
                   "this object store does not offer '?" + name + "'"});
    }
  }
  for (const S3Operation& operation : kOperations) {
    if (operation.method == head.method && operation.scope == scope &&
        (operation.parameter.empty() || target.has(operation.parameter)) &&
        (operation.header.empty() || !head.header(operation.header).empty())) {
      return &operation;
    }
  }
  return std::unexpected(
      ApiError{405, "MethodNotAllowed",
               head.method + " is not allowed for this resource"});
}

}  // namespace skerry::cloud
