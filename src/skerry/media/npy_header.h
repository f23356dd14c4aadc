#pragma once

#include <string_view>

#include "skerry/base/result.h"
#include "skerry/tensor/shape.h"

namespace skerry::media {

/// What the header of a .npy file says.
struct NpyHeader {
  TensorType type;
  bool fortran_order = false;
};

/// Reads the header's text, a Python dictionary such as
/// `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`, in which
/// the three keys stand once each, in any order.
///
/// Errors: kInvalidArgument says what was found and what was wanted.
Result<NpyHeader> ParseNpyHeader(std::string_view text);

/// numpy's name for little-endian elements of `type`: "<f4". `type` is not
/// bfloat16, for which there is none.
std::string_view NpyDescription(DataType type);

}  // namespace skerry::media
