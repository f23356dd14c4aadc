#pragma once

#include "skerry/base/result.h"

namespace skerry::cli {

/// Replaces this program by `skerry-agent-client` from the same folder, with
/// the same command line `argv` (with a null at its end): that one is linked
/// with gRPC, which would make every start of `skerry` slower. Returns only
/// with an error, which names the program.
Result<void> BecomeAgentClient(char** argv);

}  // namespace skerry::cli
