#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "skerry/base/result.h"

namespace skerry::compiler {

/// An element-wise program (see kernels/reference/elementwise_program.h) as
/// C++ on vectors.
struct ProgramText {
  /// Statements on k::Vec i0, i1, ... that end in a return.
  std::string body;
  /// What an element costs, in additions.
  std::int64_t cost = 0;
  std::int64_t operations = 0;  ///< words that compute
};

/// Translates `program`. kUnimplemented names a word that has no vector form.
Result<ProgramText> TranslateProgram(std::string_view program);

}  // namespace skerry::compiler
