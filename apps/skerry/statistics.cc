#include "statistics.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "skerry/base/check.h"

namespace skerry::cli {

namespace {

/// The least of the sorted values that `share` of them do not exceed.
double ValueAt(const std::vector<double>& sorted, double share) {
  const auto rank = static_cast<std::size_t>(
      std::ceil(share * static_cast<double>(sorted.size())));
  return sorted[std::max(rank, std::size_t{1}) - 1];
}

}  // namespace

Summary Summarize(std::vector<double> values) {
  SKERRY_CHECK(!values.empty());
  std::ranges::sort(values);
  const std::size_t count = values.size();
  const double middle = (values[(count - 1) / 2] + values[count / 2]) / 2;
  return {.best = values.front(),
          .median = middle,
          .p99 = ValueAt(values, 0.99),
          .mean = std::accumulate(values.begin(), values.end(), 0.0) /
                  static_cast<double>(count)};
}

Percentiles ComputePercentiles(std::vector<double> values) {
  SKERRY_CHECK(!values.empty());
  std::ranges::sort(values);
  return {.p50 = ValueAt(values, 0.5),
          .p90 = ValueAt(values, 0.9),
          .p99 = ValueAt(values, 0.99),
          .p99_9 = ValueAt(values, 0.999),
          .max = values.back()};
}

}  // namespace skerry::cli
