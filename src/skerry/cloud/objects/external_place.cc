#include <utility>

#include "skerry/cloud/objects/object_access.h"

namespace skerry::cloud {
namespace {

bool IsBelow(const ObjectUri& uri, const ObjectUri& scope) {
  if (uri.bucket != scope.bucket || !uri.key.starts_with(scope.key)) {
    return false;
  }
  // "models" is no prefix of "models-2/x".
  return scope.key.empty() || scope.key.ends_with('/') ||
         uri.key.size() == scope.key.size() || uri.key[scope.key.size()] == '/';
}

std::string TextOfUri(const ObjectUri& uri) {
  return "s3://" + uri.bucket + '/' + uri.key;
}

class ScopedAccess final : public ObjectAccess {
 public:
  ScopedAccess(ObjectUri scope, std::unique_ptr<ObjectAccess> objects)
      : scope_(std::move(scope)), objects_(std::move(objects)) {}

  Result<ObjectSummary> Head(const ObjectUri& uri) override {
    SKERRY_RETURN_IF_ERROR(Check(uri));
    return objects_->Head(uri);
  }

  Result<platform::FileDescriptor> Open(const ObjectUri& uri,
                                        std::uint64_t bytes_max) override {
    SKERRY_RETURN_IF_ERROR(Check(uri));
    return objects_->Open(uri, bytes_max);
  }

  Result<ObjectSummary> Get(const ObjectUri& uri, const std::string& path,
                            std::uint64_t bytes_max) override {
    SKERRY_RETURN_IF_ERROR(Check(uri));
    return objects_->Get(uri, path, bytes_max);
  }

  Result<ObjectSummary> Put(const ObjectUri& uri,
                            const platform::FileDescriptor& file,
                            const std::string& content_type) override {
    SKERRY_RETURN_IF_ERROR(Check(uri));
    return objects_->Put(uri, file, content_type);
  }

 private:
  Result<void> Check(const ObjectUri& uri) const {
    if (IsBelow(uri, scope_)) return {};
    return PermissionDenied(TextOfUri(uri) + " is not below " +
                            TextOfUri(scope_) +
                            ", where this control plane's objects are "
                            "(setting object_scope)");
  }

  const ObjectUri scope_;
  const std::unique_ptr<ObjectAccess> objects_;
};

}  // namespace

std::unique_ptr<ObjectAccess> ObjectsWithin(
    ObjectUri scope, std::unique_ptr<ObjectAccess> objects) {
  return std::make_unique<ScopedAccess>(std::move(scope), std::move(objects));
}

Result<std::unique_ptr<ObjectAccess>> OpenExternalPlace(
    const ExternalPlace& place, const std::string& scratch_folder) {
  const aws::CredentialsProvider credentials =
      place.credentials_file.empty()
          ? aws::EnvironmentCredentials()
          : aws::FileCredentials(place.credentials_file);
  if (const auto found = credentials(); !found) {
    return found.error().WithContext("the S3 endpoint " + place.endpoint);
  }
  aws::S3Options options;
  options.endpoint = place.endpoint;
  if (!place.region.empty()) options.region = place.region;
  options.ca_file = place.ca_file;
  SKERRY_ASSIGN_OR_RETURN(
      std::unique_ptr<ObjectAccess> objects,
      ExternalObjects(options, credentials, scratch_folder));
  if (place.scope.empty()) return objects;
  auto scope = ParseObjectUri(place.scope);
  if (!scope) return scope.error().WithContext("the objects' scope");
  return ObjectsWithin(*std::move(scope), std::move(objects));
}

}  // namespace skerry::cloud
