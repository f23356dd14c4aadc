#pragma once

#include <string>
#include <vector>

#include "skerry/base/result.h"

namespace skerry::agent {

/// The folders in `root` whose names are model aliases, sorted. Empty if the
/// folder cannot be read.
std::vector<std::string> ListModels(const std::string& root);

/// The folders in `folder` whose names are version numbers (1, 2, ...), by
/// number.
std::vector<std::string> ListVersions(const std::string& folder);

}  // namespace skerry::agent
