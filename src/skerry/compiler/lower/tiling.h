#pragma once

#include <cstdint>

#include "skerry/compiler/toolchain/target.h"
#include "skerry/kernels/convolution.h"

namespace skerry::compiler {

/// Time for one product of each pixel and output channel of a row, in
/// multiply-adds of whole vectors.
double RowCost(int width, const kernels::Panels& panels, const Target& target);

/// The width of panels that suits rows of `width` pixels best.
kernels::Panels ChoosePanels(int width, int channels, const Target& target);

/// Lays the `pixels` of a map without borders out as rows for `ChooseTiles`:
/// the width, a divisor of `pixels`.
int ChooseRowWidth(std::int64_t pixels, std::int64_t out_c,
                   const Target& target);

/// Sets how `shape` is cut, from the rest of it and the target: the width of
/// panels, so that the register tiles waste least, and the rows and panels of
/// a task, so that what a task reads again and again stays in the L2 cache.
void ChooseTiles(kernels::ConvolutionShape& shape, const Target& target);

/// Output rows of a task, of `rows` that take `flops` and read `row_bytes`
/// each: enough work to be worth a task, little enough to stay in cache.
int ChooseTaskRows(int rows, std::int64_t row_flops, std::int64_t row_bytes,
                   const Target& target);

}  // namespace skerry::compiler
