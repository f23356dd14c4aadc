#pragma once

#include <string>
#include <string_view>

#include "skerry/cloud/jobs/job_queue.h"
#include "skerry/cloud/jobs/job_run.h"
#include "skerry/cloud/jobs/sandbox.h"

namespace skerry::cloud {

struct CompileSettings {
  Sandbox& sandbox;  ///< its program is `skerry`
  unsigned slot = 0;
  /// The sandbox's, but time, which StoppingCondition says.
  SandboxLimits limits = {};
  /// Of the sandbox's program folders, the one with torch_to_onnx.py; -1:
  /// `skerry` finds it itself.
  int importers_index = -1;
};

/// How long a job may run whose StoppingCondition does not say.
inline constexpr std::chrono::seconds kCompileTimeDefault{900};

/// Does what a CreateCompilationJob request asks for: takes the model from its
/// archive, compiles it in the sandbox, checks what came out and puts the
/// archive where OutputConfig says. Whatever is wrong is the outcome's
/// `failure_reason`: "ClientError: ..." for what the client can mend,
/// "ServerError: ..." for all else.
JobOutcome RunCompileJob(const Job& job, const JobSite& site,
                         const CompileSettings& settings);

/// Where a compilation of `source_uri` for `target_label` goes:
/// "<location>/<base>-<label>.tar.gz". kInvalidArgument for what is no URI.
Result<std::string> CompiledUri(const std::string& source_uri,
                                const std::string& location,
                                const std::string& target_label);

/// What a run of `skerry compile` said went wrong, in one line, without paths
/// of the sandbox.
std::string CompilerWords(std::string_view output,
                          const std::string& input_folder);

}  // namespace skerry::cloud
