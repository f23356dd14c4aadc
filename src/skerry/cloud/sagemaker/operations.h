#pragma once

#include <cstdint>
#include <string_view>

#include "skerry/cloud/sagemaker/call.h"

namespace skerry::cloud {

/// What an operation does to the records: in what transaction it runs.
enum class Access : std::uint8_t { kRead, kChange };

/// An operation, within its transaction. A null is an empty body.
struct Operation {
  std::string_view name;
  std::string_view service;  ///< "sagemaker", "sagemaker-edge": of devices
  Access access = Access::kRead;
  ApiResult<Json> (*run)(Sql& sql, const Call& call) = nullptr;
};

/// The operation called `name`; null if there is none.
const Operation* FindOperation(std::string_view name);

/// Checks `call.input` and rights, and runs the operation.
///
/// Errors: those of `CheckRequest`, AccessDeniedException, and its own.
ApiResult<Json> RunOperation(const Operation& operation, const Call& call);

}  // namespace skerry::cloud
