#include "skerry/compiler/lower/tiling.h"

#include <algorithm>

#include "skerry/kernels/tile.h"

namespace skerry::compiler {
namespace {

using kernels::ConvolutionShape;
using kernels::Panels;

// Work below which handing a task to another thread costs more than it gains.
constexpr std::int64_t kTaskFlops = 2'000'000;

/// Time for one product of a row of `width` pixels for one panel, in fused
/// multiply-adds. A core starts as many loads as multiply-adds in a cycle and
/// needs 8 sums in flight; loads that fit beside still cost a little.
double PanelCost(int width, int vectors, const Target& target) {
  const int tile = kernels::TilePixels(width, vectors, target.vector_registers);
  const auto cost = [&](int pixels) {
    const int multiplies = pixels * vectors;
    const int loads = pixels + vectors;
    return std::max({multiplies, loads, 8}) + 0.1 * loads;
  };
  const int whole_tiles = width / tile;
  return whole_tiles * cost(tile) +
         (width % tile == 0 ? 0 : cost(width % tile));
}

}  // namespace

double RowCost(int width, const Panels& panels, const Target& target) {
  return (panels.count() - 1) * PanelCost(width, panels.vectors, target) +
         PanelCost(width, panels.last_vectors(), target);
}

Panels ChoosePanels(int width, int channels, const Target& target) {
  const int vectors_max = target.vector_registers / 4;
  Panels best = {channels, 1, target.vector_lanes};
  for (int vectors = 2; vectors <= vectors_max; ++vectors) {
    const Panels panels = {channels, vectors, target.vector_lanes};
    if (RowCost(width, panels, target) < RowCost(width, best, target)) {
      best = panels;
    }
  }
  return best;
}

int ChooseRowWidth(std::int64_t pixels, std::int64_t out_c,
                   const Target& target) {
  // Rows of some hundred pixels leave room to choose the rows of a task.
  constexpr std::int64_t kWidthMax = 512;
  int best = static_cast<int>(pixels);
  double best_cost = 1e30;
  for (std::int64_t width = 1; width <= std::min(pixels, kWidthMax); ++width) {
    if (pixels % width != 0) continue;
    const int w = static_cast<int>(width);
    const Panels panels = ChoosePanels(w, static_cast<int>(out_c), target);
    // Starting a row takes the time of a few dozen multiply-adds.
    const double cost = (RowCost(w, panels, target) + 2.0 * panels.count()) / w;
    if (cost <= best_cost) {
      best = w;
      best_cost = cost;
    }
  }
  if (pixels <= kWidthMax) return best;
  // A large prime, or twice one: one row, cut by panels only.
  return best < 32 ? static_cast<int>(pixels) : best;
}

int ChooseTaskRows(int rows, std::int64_t row_flops, std::int64_t row_bytes,
                   const Target& target) {
  const std::int64_t for_work =
      kTaskFlops / std::max<std::int64_t>(1, row_flops);
  const std::int64_t for_cache =
      target.l2_bytes / 2 / std::max<std::int64_t>(1, row_bytes);
  const std::int64_t wanted = std::clamp<std::int64_t>(
      std::min(for_work, for_cache), 1, std::max(1, rows));
  // Tasks of even size.
  const std::int64_t tasks = (rows + wanted - 1) / wanted;
  return static_cast<int>((rows + tasks - 1) / tasks);
}

void ChooseTiles(ConvolutionShape& s, const Target& target) {
  s.lanes = target.vector_lanes;
  s.panel_vectors = ChoosePanels(s.out_w, s.out_c, target).vectors;
  const Panels panels = s.panels();
  const std::int64_t weight_bytes =
      4 * s.vector_weights() * panels.vector_count();
  const std::int64_t row_in_bytes =
      std::int64_t{4} * s.stride_h * s.in_w * s.in_c * s.groups;
  const std::int64_t row_flops =
      std::int64_t{2} * s.out_w * s.out_c * s.in_c * s.kernel_h * s.kernel_w;
  s.task_rows = s.out_h;
  s.task_panels = panels.count();
  if (weight_bytes <= target.l2_bytes / 2) {
    // The weights stay in cache: bands of rows, all panels each.
    s.task_rows = ChooseTaskRows(s.out_h, row_flops, row_in_bytes, target);
    if (s.task_rows < s.out_h) return;
  } else if (row_in_bytes * s.out_h > target.l2_bytes / 2) {
    // Neither fits: as many rows as do, with each panel read once for them.
    s.task_rows = ChooseTaskRows(s.out_h, 0, row_in_bytes, target);
  }
  // The rows stay in cache: groups of panels.
  s.task_panels = ChooseTaskRows(
      panels.count(), s.task_rows * row_flops / panels.count(), 0, target);
}

}  // namespace skerry::compiler
