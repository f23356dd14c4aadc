#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "reports.h"
#include "skerry/model/manifest.h"

namespace skerry::cli {

/// What `skerry bench --layers` measured with one thread count.
struct LayerMeasurement {
  std::string model;  ///< its name
  int threads = 1;
  std::size_t runs = 0;  ///< layer by layer, and as many as a whole
  double run_us = 0;     ///< median of a whole run
  double peak_gflops = 0;
  double memory_gbps = 0;
  std::vector<LayerSpec> layers;
  std::vector<double> layer_us;  ///< median of each
};

/// The table of the layers in order of execution with their bars, and that of
/// the operators, the costly ones first. Where `top` is not 0, only so many
/// layers are shown, the slowest first; shares stay those of all layers.
std::string LayerText(const LayerMeasurement& measurement, std::size_t top);

/// The same as an object; its keys are in skerry.1.
Json LayerJson(const LayerMeasurement& measurement, std::size_t top);

}  // namespace skerry::cli
