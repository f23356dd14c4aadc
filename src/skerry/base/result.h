#pragma once

#include <expected>
#include <utility>

#include "skerry/base/error.h"

namespace skerry {

/// A `T`, or the `Error` that stood in the way. `Result<void>` is a status:
/// `return {};` says that all went well.
///
///     Result<Model> Load(const std::string& path) {
///       SKERRY_ASSIGN_OR_RETURN(Bytes bytes, ReadFile(path));
///       SKERRY_RETURN_IF_ERROR(Verify(bytes));
///       return Model::Create(std::move(bytes));
///     }
template <class T>
class [[nodiscard]] Result : public std::expected<T, Error> {
 public:
  using std::expected<T, Error>::expected;
  // Implicit, so that functions return an `Error` as it is.
  Result(Error error)  // NOLINT(google-explicit-constructor)
      : std::expected<T, Error>(std::unexpected(std::move(error))) {}
};

}  // namespace skerry

#define SKERRY_CONCAT_INNER(a, b) a##b
#define SKERRY_CONCAT(a, b) SKERRY_CONCAT_INNER(a, b)

/// Returns from the calling function if `expression` holds an error.
#define SKERRY_RETURN_IF_ERROR(expression)                             \
  if (auto skerry_status = (expression); !skerry_status.has_value()) { \
    return std::move(skerry_status).error();                           \
  }                                                                    \
  static_assert(true)

/// Declares `declaration` from the value of `expression`, or returns its error.
#define SKERRY_ASSIGN_OR_RETURN(declaration, expression)                 \
  SKERRY_ASSIGN_OR_RETURN_INNER(SKERRY_CONCAT(skerry_result_, __LINE__), \
                                declaration, expression)
#define SKERRY_ASSIGN_OR_RETURN_INNER(result, declaration, expression) \
  auto result = (expression);                                          \
  if (!result.has_value()) {                                           \
    return std::move(result).error();                                  \
  }                                                                    \
  declaration = *std::move(result)
