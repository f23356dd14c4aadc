#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "skerry/base/result.h"
#include "skerry/cloud/jobs/archive_reader.h"

namespace skerry::cloud {

/// Which of an archive's files is the model, by the framework's rules.
///
/// kInvalidArgument in AWS's words where it has some, without the prefix
/// "ClientError: InputConfiguration: "; kUnimplemented for a framework that no
/// converter here reads.
Result<std::string> FindModelFile(std::string_view framework,
                                  const std::vector<ArchivedFile>& files);

/// kUnimplemented, kInvalidArgument as above, before there is an archive.
Result<void> CheckFramework(std::string_view framework);

}  // namespace skerry::cloud
