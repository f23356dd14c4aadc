#pragma once

#include <span>

#include "skerry/cloud/database/database.h"

namespace skerry::cloud {

/// The tables of this module; all begin with "sm_". Those of identity and jobs
/// must be there too.
std::span<const Migration> SageMakerMigrations();

}  // namespace skerry::cloud
