#pragma once

#include <string>

#include "skerry/base/result.h"

namespace skerry::cloud {

/// Writes all that the data folder `folder` holds to the new folder `target`,
/// which is one moment's state and a data folder itself. The folder may be
/// served meanwhile. Nothing is left of `target` on an error.
///
/// Errors: kAlreadyExists for the target; kUnimplemented if metadata is in
/// PostgreSQL, which pg_dump knows how to save; kResourceExhausted.
Result<void> BackUp(const std::string& folder, const std::string& target);

/// Makes the data folder `folder`, which must be absent or empty, from
/// `backup`. kInvalidArgument if that is in use by a server, and no backup.
Result<void> Restore(const std::string& backup, const std::string& folder);

}  // namespace skerry::cloud
