#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "skerry/base/result.h"
#include "skerry/cloud/jobs/compiler_options.h"
#include "skerry/cloud/jobs/input_config.h"
#include "skerry/cloud/jobs/job_queue.h"
#include "skerry/cloud/jobs/neo_target.h"

namespace skerry::cloud {

/// A compile job's spec, read and checked.
struct CompileRequest {
  std::string source_uri;
  std::string output_uri;
  std::string framework;
  std::string framework_version;
  std::vector<InputShape> inputs;  ///< empty: not stated
  NeoTarget target;
  std::string compiler_target;  ///< the target's, or the option's
  NeoCompilerOptions options;
  std::chrono::seconds time_max{};
};

/// Reads CreateCompilationJob's request. The error's message is a failure
/// reason: "ClientError: InputConfiguration: ...".
Result<CompileRequest> ReadCompileRequest(const std::string& spec);

}  // namespace skerry::cloud
