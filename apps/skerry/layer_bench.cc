#include "layer_bench.h"

#include <chrono>
#include <cstddef>
#include <utility>
#include <vector>

#include "bench_subject.h"
#include "command.h"
#include "fma_peak.h"
#include "memory_peak.h"
#include "statistics.h"

namespace skerry::cli {
namespace {

using LayerClock = std::chrono::steady_clock;
using Microseconds = std::chrono::duration<double, std::micro>;

/// All times are kept for their medians; this many say enough.
constexpr std::size_t kLayerRunsMax = 10'000;

/// The times of all runs.
struct LayerTimes {
  std::vector<double> run_us;
  std::vector<std::vector<double>> layer_us;  ///< of each layer
};

Result<LayerTimes> TimeLayers(Subject& subject, double seconds) {
  const std::size_t layer_count =
      subject.session.model().manifest().layers.size();
  LayerTimes times{{}, std::vector<std::vector<double>>(layer_count)};
  std::vector<std::chrono::nanoseconds> layers(layer_count);
  for (int i = 0; i < kWarmUpRuns; ++i) {
    SKERRY_RETURN_IF_ERROR(subject.session.RunLayers(subject.views, layers));
  }
  const std::chrono::duration<double> wanted(seconds);
  const LayerClock::time_point begin = LayerClock::now();
  while (times.run_us.size() < kRunsMin ||
         (times.run_us.size() < kLayerRunsMax &&
          LayerClock::now() - begin < wanted)) {
    const LayerClock::time_point start = LayerClock::now();
    SKERRY_RETURN_IF_ERROR(subject.Run());
    times.run_us.push_back(Microseconds(LayerClock::now() - start).count());
    SKERRY_RETURN_IF_ERROR(subject.session.RunLayers(subject.views, layers));
    for (std::size_t i = 0; i < layer_count; ++i) {
      times.layer_us[i].push_back(Microseconds(layers[i]).count());
    }
  }
  return times;
}

}  // namespace

Result<LayerMeasurement> MeasureLayers(const std::string& path, int threads,
                                       double seconds) {
  SKERRY_ASSIGN_OR_RETURN(Subject subject, LoadSubject(path, threads));
  const auto run_layer = subject.session.model().FindRunLayer();
  if (!run_layer) return BlameFile(run_layer.error(), path);
  SKERRY_ASSIGN_OR_RETURN(LayerTimes times, TimeLayers(subject, seconds));
  const Manifest& manifest = subject.session.model().manifest();
  LayerMeasurement measurement{.model = manifest.model_name,
                               .threads = threads,
                               .runs = times.run_us.size(),
                               .run_us = Summarize(times.run_us).median,
                               .peak_gflops = MeasurePeakGflops(threads),
                               .memory_gbps = MeasureMemoryGbps(threads),
                               .layers = manifest.layers,
                               .layer_us = {}};
  for (std::vector<double>& layer : times.layer_us) {
    measurement.layer_us.push_back(Summarize(std::move(layer)).median);
  }
  return measurement;
}

}  // namespace skerry::cli
