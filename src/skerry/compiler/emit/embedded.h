#pragma once

#include <span>
#include <string_view>

namespace skerry::compiler {

/// A source file that the compiler carries in itself.
struct EmbeddedFile {
  std::string_view path;  ///< as an #include names it: "skerry/kernels/vec.h"
  std::string_view text;
};

/// The kernel headers and all else that a model's source includes.
std::span<const EmbeddedFile> EmbeddedFiles();

}  // namespace skerry::compiler
