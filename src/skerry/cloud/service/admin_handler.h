#pragma once

#include <memory>
#include <string>

#include "skerry/base/result.h"
#include "skerry/cloud/database/database.h"
#include "skerry/cloud/identity/identity.h"
#include "skerry/cloud/jobs/job_queue.h"
#include "skerry/cloud/server/message.h"

namespace skerry::cloud {

/// Bytes of a request's body here.
inline constexpr std::size_t kAdminBodyBytesMax = std::size_t{64} << 10;

/// What the administration works on; all outlive the handler.
struct AdminServices {
  Database& database;
  AccessKeys& keys;
  JobQueue& jobs;
  std::string version;
  std::string region;
};

/// The API of `skerry cloud`, signed for the service "skerry"; JSON in and
/// out, errors {"code", "message"}:
///
///   GET    /skerry/v1/admin/status
///   GET    /skerry/v1/admin/keys
///   POST   /skerry/v1/admin/keys               {"role", "name"}
///   PUT    /skerry/v1/admin/keys/ID            {"active"}
///   DELETE /skerry/v1/admin/keys/ID
///   GET    /skerry/v1/admin/audit?count=N&before=MICROS&before_id=ID
///   GET    /skerry/v1/admin/jobs?kind=K&state=S&count=N
///
/// Roles decide by `Allows` with "skerry:keys:Add" and the like. Changes are
/// in the audit log.
std::unique_ptr<Handler> NewAdminHandler(AdminServices services);

}  // namespace skerry::cloud
