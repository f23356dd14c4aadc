#include "statistics.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "skerry/base/check.h"

namespace skerry::cli {

Summary Summarize(std::vector<double> values) {
  SKERRY_CHECK(!values.empty());
  std::ranges::sort(values);
  const std::size_t count = values.size();
  const double middle = (values[(count - 1) / 2] + values[count / 2]) / 2;
  const auto rank =
      static_cast<std::size_t>(std::ceil(0.99 * static_cast<double>(count)));
  return {.best = values.front(),
          .median = middle,
          .p99 = values[rank - 1],
          .mean = std::accumulate(values.begin(), values.end(), 0.0) /
                  static_cast<double>(count)};
}

}  // namespace skerry::cli
