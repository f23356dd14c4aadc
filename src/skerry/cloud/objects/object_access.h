#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "skerry/aws/s3_client.h"
#include "skerry/base/result.h"
#include "skerry/cloud/objects/object_store.h"
#include "skerry/cloud/objects/uri.h"
#include "skerry/platform/file.h"

namespace skerry::cloud {

/// What is known of an object without reading it.
struct ObjectSummary {
  std::uint64_t byte_count = 0;
  std::string etag = {};    ///< without quotes
  std::string sha256 = {};  ///< hexadecimal; empty where nobody keeps it
};

/// Objects as jobs use them, wherever they are: in this program's store or in
/// an S3 of others.
///
/// Errors: kNotFound names bucket and key; kPermissionDenied; kUnavailable is
/// worth another try; kResourceExhausted: the disk is full, or the object
/// larger than was allowed.
///
/// Thread safety: thread-safe; may block for long.
class ObjectAccess {
 public:
  virtual ~ObjectAccess() = default;

  virtual Result<ObjectSummary> Head(const ObjectUri& uri) = 0;

  /// Opens the object for reading, at its start. It stays what it is while it
  /// is open; one of another machine is copied to an unnamed file first.
  virtual Result<platform::FileDescriptor> Open(const ObjectUri& uri,
                                                std::uint64_t bytes_max) = 0;

  /// Writes the object to the file `path`, which must not exist yet. Nothing
  /// is left of it on an error.
  virtual Result<ObjectSummary> Get(const ObjectUri& uri,
                                    const std::string& path,
                                    std::uint64_t bytes_max) = 0;

  /// Makes the object hold what is in `file`, a regular file, from its start.
  /// It is durable when this returns.
  virtual Result<ObjectSummary> Put(const ObjectUri& uri,
                                    const platform::FileDescriptor& file,
                                    const std::string& content_type) = 0;
};

/// Access to `store`, which outlives it.
std::unique_ptr<ObjectAccess> LocalObjects(ObjectStore& store);

/// Access to another S3. `scratch_folder` is where unnamed files are made.
/// kInvalidArgument for a bad endpoint.
Result<std::unique_ptr<ObjectAccess>> ExternalObjects(
    const aws::S3Options& options, aws::CredentialsProvider credentials,
    const std::string& scratch_folder);

/// An S3 of others, as an operator names it.
struct ExternalPlace {
  std::string endpoint = {};          ///< "https://s3.example"; empty: none
  std::string region = {};            ///< empty: the control plane's own
  std::string ca_file = {};           ///< empty: the system's
  std::string credentials_file = {};  ///< empty: the environment's AWS_...
  /// "s3://BUCKET/PREFIX": only what is below it is read and written, by
  /// whole names between slashes. Empty: all that the credentials may.
  std::string scope = {};
};

/// Access to the objects of `place`. kInvalidArgument for a bad endpoint or
/// scope; errors of the credentials.
Result<std::unique_ptr<ObjectAccess>> OpenExternalPlace(
    const ExternalPlace& place, const std::string& scratch_folder);

/// Access to what of `objects` is below `scope`, and to nothing else:
/// kPermissionDenied names both.
std::unique_ptr<ObjectAccess> ObjectsWithin(
    ObjectUri scope, std::unique_ptr<ObjectAccess> objects);

}  // namespace skerry::cloud
