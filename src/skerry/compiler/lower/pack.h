#pragma once

#include <cstdint>
#include <functional>

#include "skerry/kernels/tile.h"
#include "skerry/tensor/tensor.h"

namespace skerry::compiler {

/// The weight that output channel `channel` of group `group` gives to product
/// `k` of its sum.
using WeightAt = std::function<float(std::int64_t group, std::int64_t channel,
                                     std::int64_t k)>;

/// Weights as `kernels::Tile::Add` reads them: [group][panel][k][lane], zero
/// in the lanes beyond the last channel.
Tensor PackPanels(const kernels::Panels& panels, std::int64_t groups,
                  std::int64_t products, const WeightAt& weight_at);

/// One number for each channel, [group][lane]; zeros if `bias` is null.
Tensor PackBias(const kernels::Panels& panels, std::int64_t groups,
                const Tensor* bias);

}  // namespace skerry::compiler
