#pragma once

#include <vector>

namespace skerry::cli {

/// What is said about repeated measurements.
struct Summary {
  double best = 0;
  double median = 0;
  double p99 = 0;  ///< 99 % of the runs took at most this long
  double mean = 0;
};

/// The summary of `values`, of which there is at least one.
Summary Summarize(std::vector<double> values);

/// How measurements are spread: so many of them were at most this large.
struct Percentiles {
  double p50 = 0;
  double p90 = 0;
  double p99 = 0;
  double p99_9 = 0;
  double max = 0;
};

/// Those of `values`, of which there is at least one.
Percentiles ComputePercentiles(std::vector<double> values);

}  // namespace skerry::cli
