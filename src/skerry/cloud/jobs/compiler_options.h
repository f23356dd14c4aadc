#pragma once

#include <string>
#include <string_view>

#include "skerry/base/result.h"

namespace skerry::cloud {

/// What CompilerOptions may say.
struct NeoCompilerOptions {
  /// "mcpu": a CPU as `skerry compile --target` takes it; empty: by the
  /// target.
  std::string cpu;
  /// "dtype": of a PyTorch model's inputs, "float32" or "int64".
  std::string input_type = "float32";
  bool self_check = true;  ///< "self_check": ours
  /// "data_digest": ours; of the data that the model was trained with, such as
  /// "sha256:5f3c...", kept in the lineage. Empty: not told.
  std::string data_digest;
};

/// Reads CompilerOptions: an object, in JSON or as a Python literal.
///
/// kInvalidArgument says what was found and wanted. kUnimplemented names an
/// option that AWS has and we do not, such as another "dtype", and what is
/// possible instead.
Result<NeoCompilerOptions> ParseCompilerOptions(std::string_view text);

}  // namespace skerry::cloud
