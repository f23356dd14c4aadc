#pragma once

#include "edge_agent.pb.h"
#include "skerry/agent/capture/capture.h"
#include "skerry/agent/grpc/caller.h"
#include "skerry/agent/services.h"
#include "skerry/base/result.h"

namespace skerry::agent {

/// What a client wants kept, copied out of its message and shared memory.
///
/// Errors: kNotFound (no such model), kInvalidArgument (a tensor's metadata
/// or bytes, an encoding, the time; names it), kOutOfRange (a time that no
/// clock shows), those of SharedRegions.
Result<CaptureRecord> ReadCaptureRecord(
    const AWS::SageMaker::Edge::CaptureDataRequest& request,
    const Services& services, const Caller& caller);

}  // namespace skerry::agent
