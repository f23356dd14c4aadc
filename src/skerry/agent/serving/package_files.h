#pragma once

#include <string>
#include <vector>

#include "skerry/base/result.h"
#include "skerry/platform/file.h"

namespace skerry::agent {

/// The names in the package folder `folder` (absolute), sorted. A folder has
/// at most 1024.
///
/// Errors: kNotFound if there is no such folder; kFailedPrecondition if a
/// name in it is a link that leads out of it.
Result<std::vector<std::string>> ListPackage(const std::string& folder);

/// Opens the file `name` of `folder`; kFailedPrecondition if it is not a
/// regular file.
Result<platform::FileDescriptor> OpenPackageFile(const std::string& folder,
                                                 const std::string& name);

/// `folder` without links, from the root. kNotFound if there is none.
Result<std::string> AbsoluteFolder(const std::string& folder);

}  // namespace skerry::agent
