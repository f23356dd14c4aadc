#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "skerry/cloud/database/database.h"

namespace skerry::cloud {

/// What a statement does, for messages: "INSERT INTO access_keys". Nothing of
/// its data.
std::string StatementPurpose(std::string_view sql);

/// The highest N of the parameters $N of `sql`.
std::size_t ParameterCount(std::string_view sql);

/// Whether `parameters` can go into any of our databases: text must be UTF-8
/// without zero bytes. The error tells the parameter's number, not its value.
Result<void> CheckParameters(std::string_view sql,
                             std::span<const SqlValue> parameters);

}  // namespace skerry::cloud
