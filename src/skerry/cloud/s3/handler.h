#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "skerry/cloud/identity/identity.h"
#include "skerry/cloud/objects/object_store.h"
#include "skerry/cloud/server/message.h"
#include "skerry/telemetry/log.h"

namespace skerry::cloud {

struct S3Options {
  /// Names of this server. A Host of BUCKET.NAME or BUCKET.s3.NAME names a
  /// bucket; all others have it in the path.
  std::vector<std::string> base_hosts = {"localhost"};
  std::string region = "us-east-1";
  /// The S3 that has the objects, where this one only says so, in a 501; empty:
  /// they are here.
  std::string objects_elsewhere = {};
  /// Where refusals are told; or none.
  const telemetry::Logger* log = nullptr;
  std::function<std::chrono::system_clock::time_point()> now =
      std::chrono::system_clock::now;
};

/// The S3 protocol over `store`, for whom `keys` knows. Changes are in the
/// audit log. All is outlived by what it is given.
///
/// Thread safety: thread-safe.
std::unique_ptr<Handler> NewS3Handler(ObjectStore& store, AccessKeys& keys,
                                      S3Options options);

}  // namespace skerry::cloud
