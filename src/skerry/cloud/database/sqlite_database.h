#pragma once

#include <memory>
#include <string>

#include "skerry/cloud/database/database.h"

namespace skerry::cloud {

/// Opens, or makes, the SQLite file at `path`.
Result<std::unique_ptr<Database>> OpenSqlite(const std::string& path);

/// `Database::Backup` of the file at `from`.
Result<void> BackUpSqlite(const std::string& from, const std::string& to);

}  // namespace skerry::cloud
