#pragma once

#include <span>

#include "skerry/cloud/database/database.h"

namespace skerry::cloud {

/// The table that says which steps a database has seen.
inline constexpr std::string_view kMigrationTable = "schema_migrations";

/// `Database::Migrate`, for any engine. The steps of all programs are put in a
/// row by a row that each of them changes first: YugabyteDB has no advisory
/// locks.
Result<void> ApplyMigrations(Database& database,
                             std::span<const Migration> migrations);

}  // namespace skerry::cloud
