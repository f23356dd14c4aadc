#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "skerry/base/result.h"

namespace skerry::runtime {

/// Whether `image` is what the dynamic loader may be given: a 64-bit shared
/// object for `architecture` ("x86_64" or "aarch64") whose segments lie inside
/// the image, and which is complete in itself: it names no other library, no
/// program interpreter, and nothing that would run when it is loaded.
///
/// Errors: kDataLoss says what is wrong; kFailedPrecondition if only the
/// machine is another one.
Result<void> CheckElf(std::span<const std::byte> image,
                      std::string_view architecture);

}  // namespace skerry::runtime
