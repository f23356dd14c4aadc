#pragma once

#include <cstdint>
#include <string_view>

#include "skerry/cloud/sagemaker/call.h"

namespace skerry::cloud {

/// What an operation does to the records; it decides who may call it, and in
/// what transaction it runs.
enum class Access : std::uint8_t {
  kRead,
  kChange,
  kDevice,  ///< a change by a device, of its own record
};

/// An operation, within its transaction. A null is an empty body.
struct Operation {
  std::string_view name;
  Access access = Access::kRead;
  ApiResult<Json> (*run)(Sql& sql, const Call& call) = nullptr;
};

/// The operation called `name`; null if there is none.
const Operation* FindOperation(std::string_view name);

/// Whether `role` may.
bool MayRun(Role role, Access access);

/// Checks rights and `call.input`, and runs the operation.
///
/// Errors: AccessDeniedException, those of `CheckRequest`, and its own.
ApiResult<Json> RunOperation(const Operation& operation, const Call& call);

}  // namespace skerry::cloud
