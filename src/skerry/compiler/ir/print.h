#pragma once

#include <cstdint>
#include <string>

#include "skerry/compiler/ir/graph.h"

namespace skerry::compiler {

/// How `PrintGraph` writes.
struct PrintOptions {
  /// Write constants of more than `inline_elements_max` elements as
  /// "elided <digest>" instead of in full. Such text is for people and for
  /// `diff`; it does not parse.
  bool elide_large_constants = false;
};

/// Constants of at most this many elements are printed as a list.
inline constexpr std::int64_t kInlineElementsMax = 16;
/// Larger constants whose elements are all the same are printed as one
/// element up to this many elements, so that parsing cannot be made to take
/// much memory by little text.
inline constexpr std::int64_t kFillElementsMax = std::int64_t{1} << 22;

/// The graph as text, exact and readable, one line for each input, constant,
/// node and output:
///
///     graph "tiny" {
///       input %x: float32[1, 3, 8, 8]
///       %w: float32[4, 3, 1, 1] = const [0.5, -1, ...]
///       %zero: float32[4] = const fill 0
///       %y: float32[1, 4, 8, 8] = Conv(%x, %w, %zero) {group=1,
///           strides=[1, 1]} @"features.0"       (on one line)
///       output %y
///     }
///
/// A constant stands before its first use: as a list of elements, as `fill`
/// and one element, or as `base64` and its bytes in little-endian order. An
/// operand that is left out is `_`, a type that is unknown `?`. Integers and
/// floats are told apart by an `f` after floats (`epsilon=1e-05f`,
/// `axes=[]`, `scales=[]f`); an attribute of one element has no brackets.
/// Names are bare if they consist of letters, digits and "_./-", else quoted
/// with the escapes \" \\ \n \xHH. `#` starts a comment.
///
/// Values that nothing uses are left out, and the ids of values do not
/// matter: graphs that differ in those only print the same.
std::string PrintGraph(const Graph& graph, const PrintOptions& options = {});

/// One line of the above for `node`.
std::string PrintNode(const Graph& graph, const Node& node);

}  // namespace skerry::compiler
