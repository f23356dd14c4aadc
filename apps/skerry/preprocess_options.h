#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "skerry/base/result.h"
#include "skerry/media/preprocess.h"

namespace skerry::cli {

/// One preprocessing setting, which a flag of `skerry run` (with '-' for '_')
/// and a key of the sidecar file name alike.
struct PreprocessKey {
  std::string_view name;    ///< "resize_short"
  std::string_view values;  ///< what it takes, for help: "stretch|crop"
  std::string_view help;
  /// Reads a value into the steps. kInvalidArgument says what was wanted.
  Result<void> (*set)(const std::string& value, media::Preprocess& steps);
};

/// All keys, in the order of the help.
const std::vector<PreprocessKey>& PreprocessKeys();

/// Values by key name.
using PreprocessValues = std::map<std::string, std::string, std::less<>>;

/// The steps that `file`, the text of a sidecar in YAML, and then `flags`
/// state; flags win. The file is a map of the keys to scalars or lists.
///
/// Errors: kInvalidArgument names the key, and the line of the file. Unknown
/// and repeated keys are errors.
Result<media::Preprocess> ReadPreprocess(const std::string& file,
                                         const PreprocessValues& flags);

}  // namespace skerry::cli
