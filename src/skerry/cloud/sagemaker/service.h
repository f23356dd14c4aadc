#pragma once

#include <memory>
#include <string>

#include "skerry/cloud/database/database.h"
#include "skerry/cloud/identity/identity.h"
#include "skerry/cloud/jobs/job_queue.h"
#include "skerry/cloud/server/message.h"

namespace skerry::cloud {

struct SageMakerOptions {
  /// The socket of a skerry-agent that answers InvokeEndpoint; empty: none.
  std::string agent_socket = {};
};

/// SageMaker's API, all for the signing name "sagemaker":
///
///   POST / with X-Amz-Target: SageMaker.*    the control plane
///   POST /SendHeartbeat, ...                 the data plane of edge devices
///   POST /endpoints/NAME/invocations         the runtime
///
/// It verifies who asks, checks the request against the shapes of AWS's model,
/// and runs the operation in one transaction with its audit entry.
///
/// The database must have been migrated (`IdentityMigrations`,
/// `JobMigrations`, `SageMakerMigrations`). All that is given outlives it.
std::unique_ptr<Handler> NewSageMakerHandler(
    Database& database, AccessKeys& keys, JobQueue& jobs,
    const SageMakerOptions& options = {});

}  // namespace skerry::cloud
