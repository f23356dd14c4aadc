#include "skerry/compiler/lower/winograd.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <string>
#include <vector>

#include "skerry/compiler/lower/kernel_text.h"
#include "skerry/compiler/lower/pack.h"
#include "skerry/compiler/lower/tiling.h"

namespace skerry::compiler {
namespace {

using kernels::WinogradShape;

// Time is counted in multiply-adds of whole vectors, about a cycle each.
// Measured on a Zen 4: the transforms of one vector of channels of one tile...
double TransformCost(int tile) { return tile == 4 ? 165 : 62; }
// ...and the bytes that the cache behind L2 gives in that time.
constexpr double kBytesPerCycle = 6.5;

/// Weights that do not stay in the L2 cache arrive no faster than this.
double WeightCost(std::int64_t bytes, const Target& target) {
  return bytes <= target.l2_bytes / 2
             ? 0
             : static_cast<double>(bytes) / kBytesPerCycle;
}

bool IsCandidate(const ConvolutionNode& node) {
  return node.kernel_h == 3 && node.kernel_w == 3 && node.stride_h == 1 &&
         node.stride_w == 1 && node.dilation_h == 1 && node.dilation_w == 1 &&
         node.groups == 1 && node.in.pitch.channel == 1;
}

WinogradShape StartShape(const ConvolutionNode& node, int tile,
                         const Target& target) {
  WinogradShape shape;
  shape.batch = node.in.batch;
  shape.in_h = node.in.h;
  shape.in_w = node.in.w;
  shape.in_c = node.in.c;
  shape.out_h = node.out.h;
  shape.out_w = node.out.w;
  shape.out_c = node.out.c;
  shape.pad_top = node.pad_top;
  shape.pad_left = node.pad_left;
  shape.epilogue = node.epilogue;
  shape.tile = tile;
  shape.lanes = target.vector_lanes;
  return shape;
}

/// Time of a task of `shape`.
double TaskCost(const WinogradShape& shape, const Target& target) {
  const int in_vectors = (shape.in_c + shape.lanes - 1) / shape.lanes;
  const std::int64_t weights = std::int64_t{shape.positions()} * shape.in_c;
  const double products = static_cast<double>(weights) *
                          RowCost(shape.task_tiles, shape.panels(), target);
  const std::int64_t weight_bytes =
      4 * weights * shape.panels().vector_count() * shape.lanes;
  return std::max(products, WeightCost(weight_bytes, target)) +
         TransformCost(shape.tile) * shape.task_tiles *
             (in_vectors + shape.panels().vector_count());
}

/// Splits the tasks of a `shape` that has few by panels, as long as doing the
/// transform of the inputs again costs little of the time `cost`.
void SplitPanels(WinogradShape& shape, double cost) {
  constexpr std::int64_t kTasksWanted = 4;
  constexpr double kShareMax = 0.03;
  const int in_vectors = (shape.in_c + shape.lanes - 1) / shape.lanes;
  const double transform = TransformCost(shape.tile) * in_vectors *
                           static_cast<double>(shape.tiles());
  const int panels = shape.panels().count();
  for (int splits = 1; splits <= panels; ++splits) {
    if (shape.tasks() >= kTasksWanted) return;
    if ((splits - 1) * transform > kShareMax * cost) return;
    shape.task_panels = (panels + splits - 1) / splits;
  }
}

/// The fastest way to cut the tiles of `shape` into tasks and its channels
/// into panels, and the time.
double ChooseTask(WinogradShape& shape, const Target& target) {
  constexpr int kTaskTilesMax = 128;
  WinogradShape best = shape;
  double best_cost = HUGE_VAL;
  const auto most =
      static_cast<int>(std::min<std::int64_t>(shape.tiles(), kTaskTilesMax));
  for (shape.task_tiles = 1; shape.task_tiles <= most; ++shape.task_tiles) {
    for (int vectors = 1; vectors <= target.vector_registers / 8; ++vectors) {
      shape.panel_vectors = vectors;
      const bool fits = 4 * shape.scratch_floats() <= target.l2_bytes * 7 / 8;
      if (!fits && shape.task_tiles > 1) break;
      const double tasks = static_cast<double>(shape.tasks());
      // Larger tasks for the same time only if they are much better: smaller
      // ones are dealt to threads more evenly.
      const double cost = TaskCost(shape, target) * tasks;
      if (cost < 0.99 * best_cost) {
        best = shape;
        best_cost = cost;
      }
    }
  }
  shape = best;
  SplitPanels(shape, best_cost);
  return best_cost;
}

double DirectCost(const ConvolutionNode& node, const Target& target) {
  const kernels::Panels panels = ChoosePanels(node.out.w, node.out.c, target);
  const double weights = 9.0 * node.in.c;
  const auto bytes = static_cast<std::int64_t>(
      4 * weights * panels.vector_count() * panels.lanes);
  return std::max(static_cast<double>(node.in.batch) * node.out.h * weights *
                      RowCost(node.out.w, panels, target),
                  WeightCost(bytes, target));
}

/// Rows of the matrix that transforms the three weights of a line.
std::vector<std::array<double, 3>> WeightTransform(int tile) {
  if (tile == 2) return {{1, 0, 0}, {.5, .5, .5}, {.5, -.5, .5}, {0, 0, 1}};
  // For a point p: (1, p, p^2) over the product of its distances to the
  // others. Squares of the points are 1/2 and 2.
  const double a = std::sqrt(0.5);
  const double b = std::sqrt(2.0);
  const double na = 2 * 0.5 * (0.5 - 2);
  const double nb = 2 * 2 * (2 - 0.5);
  return {{1, 0, 0},
          {1 / na, a / na, 0.5 / na},
          {1 / na, -a / na, 0.5 / na},
          {1 / nb, b / nb, 2 / nb},
          {1 / nb, -b / nb, 2 / nb},
          {0, 0, 1}};
}

/// The transformed weight at `position` of one kernel of 3x3 weights.
float TransformWeight(std::span<const float, 9> kernel,
                      const std::vector<std::array<double, 3>>& rows,
                      std::size_t position) {
  const std::array<double, 3>& y = rows[position / rows.size()];
  const std::array<double, 3>& x = rows[position % rows.size()];
  double sum = 0;
  for (std::size_t i = 0; i < 9; ++i) {
    sum += y[i / 3] * x[i % 3] * static_cast<double>(kernel[i]);
  }
  return static_cast<float>(sum);
}

Tensor PackWeights(const ConvolutionNode& node, const WinogradShape& shape) {
  const auto rows = WeightTransform(shape.tile);
  const auto weights = node.weight->data<float>();
  const auto weight_at = [&](std::int64_t, std::int64_t channel,
                             std::int64_t k) {
    const std::int64_t kernel = channel * shape.in_c + k % shape.in_c;
    return TransformWeight(
        weights.subspan(static_cast<std::size_t>(kernel * 9)).first<9>(), rows,
        static_cast<std::size_t>(k / shape.in_c));
  };
  return PackPanels(shape.panels(), 1,
                    std::int64_t{shape.positions()} * shape.in_c, weight_at);
}

}  // namespace

std::optional<KernelPlan> LowerWinograd(const ConvolutionNode& node,
                                        const Target& target) {
  if (!IsCandidate(node)) return std::nullopt;
  WinogradShape large = StartShape(node, 4, target);
  WinogradShape small = StartShape(node, 2, target);
  const double large_cost = ChooseTask(large, target);
  const double small_cost = ChooseTask(small, target);
  if (std::min(large_cost, small_cost) > 0.9 * DirectCost(node, target)) {
    return std::nullopt;
  }
  const WinogradShape& shape = large_cost <= small_cost ? large : small;
  KernelPlan plan = StartPlan(node);
  plan.headers = {"skerry/kernels/winograd.h"};
  plan.packed = {PackWeights(node, shape),
                 PackBias(shape.panels(), 1, node.bias)};
  plan.kernel = "winograd " + std::to_string(shape.tile) + "x" +
                std::to_string(shape.tile);
  plan.tasks = shape.tasks();
  plan.scratch_bytes = 4 * shape.scratch_floats();
  plan.body = "  k::ConvolveWinograd<" + CppText(shape) +
              ">(in0, packed0, packed1, " + ResidualName(node) +
              ", out0,\n      reinterpret_cast<float*>(scratch), task);\n";
  return plan;
}

}  // namespace skerry::compiler
