#pragma once

#include <span>
#include <string>
#include <vector>

#include "skerry/base/result.h"
#include "skerry/media/preprocess.h"
#include "skerry/model/manifest.h"
#include "skerry/tensor/tensor.h"

namespace skerry::cli {

/// One `--input` of `skerry run`: "NAME=FILE", or "FILE" alone.
struct InputArgument {
  std::string name;  ///< empty: not given
  std::string path;
};

/// Splits `text` at the '=' that ends the name of one of `specs`; names may
/// hold '=' themselves. kInvalidArgument if what stands before '=' is the name
/// of no input and the whole is no file's name.
Result<InputArgument> ParseInputArgument(const std::string& text,
                                         std::span<const TensorSpec> specs);

/// The tensors for all inputs, in the order of `specs`, from the files that
/// `arguments` name:
///
///  * `.npy`: the tensor; `.npz`: the array of the input's name, or the only
///    one. Type and shape must be the input's.
///  * anything else: a photo, prepared by `steps`.
///  * a `.npz` without a name holds all the inputs, by name; any other file
///    without a name is for the only input.
///
/// Errors name the input and the file.
Result<std::vector<Tensor>> LoadInputs(
    std::span<const TensorSpec> specs,
    const std::vector<std::string>& arguments, const media::Preprocess& steps);

}  // namespace skerry::cli
