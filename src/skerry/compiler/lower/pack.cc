#include "skerry/compiler/lower/pack.h"

namespace skerry::compiler {

Tensor PackPanels(const kernels::Panels& panels, std::int64_t groups,
                  std::int64_t products, const WeightAt& weight_at) {
  const std::int64_t padded =
      std::int64_t{panels.vector_count()} * panels.lanes;
  Tensor packed({DataType::kFloat32, Shape{groups, products, padded}});
  auto out = packed.data<float>().begin();
  for (std::int64_t group = 0; group < groups; ++group) {
    for (int panel = 0; panel < panels.count(); ++panel) {
      const bool last = panel == panels.count() - 1;
      const std::int64_t width =
          std::int64_t{last ? panels.last_vectors() : panels.vectors} *
          panels.lanes;
      for (std::int64_t k = 0; k < products; ++k) {
        for (std::int64_t lane = 0; lane < width; ++lane, ++out) {
          const std::int64_t channel = panels.begin(panel) + lane;
          if (channel < panels.channels) *out = weight_at(group, channel, k);
        }
      }
    }
  }
  return packed;
}

Tensor PackBias(const kernels::Panels& panels, std::int64_t groups,
                const Tensor* bias) {
  const std::int64_t padded =
      std::int64_t{panels.vector_count()} * panels.lanes;
  Tensor packed({DataType::kFloat32, Shape{groups, padded}});
  if (bias == nullptr) return packed;
  for (std::int64_t group = 0; group < groups; ++group) {
    for (std::int64_t channel = 0; channel < panels.channels; ++channel) {
      packed.data<float>()[static_cast<std::size_t>(group * padded + channel)] =
          bias->data<float>()[static_cast<std::size_t>(group * panels.channels +
                                                       channel)];
    }
  }
  return packed;
}

}  // namespace skerry::compiler
