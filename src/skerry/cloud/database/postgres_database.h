#pragma once

#include <memory>
#include <string>

#include "skerry/cloud/database/database.h"

namespace skerry::cloud {

/// Opens the database at a "postgresql://" URL.
Result<std::unique_ptr<Database>> OpenPostgres(const std::string& url);

}  // namespace skerry::cloud
