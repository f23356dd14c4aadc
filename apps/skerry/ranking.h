#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "skerry/base/result.h"
#include "skerry/model/manifest.h"
#include "skerry/tensor/tensor.h"

namespace skerry::cli {

/// One line of `skerry run --top`.
struct Ranked {
  std::size_t index;
  double score;
  std::string label;  ///< empty: no labels were given
};

/// The `count` largest of `scores`, largest first; equal ones by index.
/// `scores` is one list: all its extents but one are 1. `labels` has a line
/// for each score, or is empty.
///
/// Errors: kInvalidArgument names output and shape, or the two counts.
Result<std::vector<Ranked>> RankTop(const std::string& output,
                                    const Tensor& scores, std::size_t count,
                                    const std::vector<std::string>& labels);

/// The lines of a labels file, without line ends.
std::vector<std::string> ParseLabels(std::string_view text);

/// The elements of `tensor` as doubles.
std::vector<double> ToDoubles(const Tensor& tensor);

/// File names for outputs, in their order: what a file name cannot hold (and
/// a shell would stumble over) becomes '_', and names that become alike get
/// "_2", "_3" at their end. Without the ".npy".
std::vector<std::string> FileNames(const std::vector<TensorSpec>& specs);

}  // namespace skerry::cli
