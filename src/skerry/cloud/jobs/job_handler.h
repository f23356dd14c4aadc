#pragma once

#include <memory>

#include "skerry/cloud/identity/identity.h"
#include "skerry/cloud/jobs/job_log.h"
#include "skerry/cloud/jobs/job_queue.h"
#include "skerry/cloud/server/message.h"

namespace skerry::cloud {

/// Serves workers on other machines (job_messages.h), and whoever may read:
///
///   GET /skerry/v1/jobs/log?kind=compilation&name=NAME&offset=0
///       -> {"text", "next_offset", "byte_count"}
///
/// It verifies who asks. All that is given outlives it.
std::unique_ptr<Handler> NewJobHandler(AccessKeys& keys, JobQueue& queue,
                                       JobLogs& logs);

}  // namespace skerry::cloud
