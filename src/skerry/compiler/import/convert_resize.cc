#include <algorithm>
#include <cmath>

#include "skerry/compiler/import/convert.h"

namespace skerry::compiler {
namespace {

/// The elements of input `index`, or none if it is left out or empty, as
/// exporters leave it.
Result<std::vector<float>> Floats(const Builder& builder,
                                  const SourceNode& source, int index,
                                  std::string_view name) {
  const ValueId id = InputOf(source, index);
  if (id == kNoValue) return std::vector<float>();
  const Tensor* tensor = builder.graph().constant(id);
  if (tensor == nullptr) {
    return Unimplemented("input '" + std::string(name) + "' ('" +
                         builder.graph().value(id).name +
                         "') depends on the data; it must be a constant");
  }
  if (tensor->shape().element_count() == 0) return std::vector<float>();
  SKERRY_RETURN_IF_ERROR(WantType(tensor->type(), DataType::kFloat32,
                                  "input '" + std::string(name) + "'"));
  const auto data = tensor->data<float>();
  return std::vector<float>(data.begin(), data.end());
}

Result<Dims> Sizes(const Builder& builder, const SourceNode& source) {
  const ValueId id = InputOf(source, 3);
  if (id == kNoValue || builder.shape(id).element_count() == 0) return Dims();
  return ConstantInts(builder.graph(), source.node, 3, "sizes");
}

template <class T>
Result<void> WantCount(const std::vector<T>& list, std::size_t count,
                       std::string_view name) {
  if (list.empty() || list.size() == count) return {};
  return InvalidArgument("input '" + std::string(name) + "' has " +
                         std::to_string(list.size()) + " elements, want " +
                         std::to_string(count));
}

/// What a Resize is told, for all axes of its input.
struct Wish {
  std::vector<float> roi;
  std::vector<float> scales;
  Dims sizes;
};

/// Spreads what is stated for some axes over all axes.
Wish Spread(const Wish& wish, const std::vector<int>& axes, const Shape& x) {
  const std::size_t rank = x.dims().size();
  const std::size_t count = axes.size();
  Wish all;
  if (!wish.scales.empty()) all.scales.assign(rank, 1.0F);
  if (!wish.sizes.empty()) all.sizes = x.dims();
  if (!wish.roi.empty()) {
    all.roi.assign(rank, 0.0F);
    all.roi.resize(2 * rank, 1.0F);
  }
  for (std::size_t i = 0; i < count; ++i) {
    const auto axis = static_cast<std::size_t>(axes[i]);
    if (!wish.scales.empty()) all.scales[axis] = wish.scales[i];
    if (!wish.sizes.empty()) all.sizes[axis] = wish.sizes[i];
    if (!wish.roi.empty()) {
      all.roi[axis] = wish.roi[i];
      all.roi[axis + rank] = wish.roi[i + count];
    }
  }
  return all;
}

/// Changes the sizes of `axes` so that all are scaled by one factor.
Result<void> KeepAspect(const std::string& policy, const std::vector<int>& axes,
                        const Shape& x, Wish& wish) {
  if (policy == "stretch" || wish.sizes.empty()) return {};
  if (policy != "not_larger" && policy != "not_smaller") {
    return InvalidArgument("attribute 'keep_aspect_ratio_policy' is '" +
                           policy +
                           "', want stretch, not_larger or not_smaller");
  }
  double scale = policy == "not_larger" ? HUGE_VAL : 0;
  for (const int axis : axes) {
    const double ratio =
        static_cast<double>(wish.sizes[static_cast<std::size_t>(axis)]) /
        static_cast<double>(x[axis]);
    scale = policy == "not_larger" ? std::min(scale, ratio)
                                   : std::max(scale, ratio);
  }
  for (const int axis : axes) {
    const double exact = scale * static_cast<double>(x[axis]);
    // Kernels scale by the quotient of the extents, so that must be the
    // factor that was meant.
    if (!(exact <= double{kElementCountMax}) || exact != std::floor(exact)) {
      return Unimplemented(
          "attribute 'keep_aspect_ratio_policy' is '" + policy +
          "', which is supported only if it makes whole extents");
    }
    wish.sizes[static_cast<std::size_t>(axis)] =
        static_cast<std::int64_t>(exact);
  }
  return {};
}

ValueId AddFloats(Builder& builder, std::string_view name,
                  const std::vector<float>& values) {
  return builder.graph().AddConstant(
      std::string(name), Tensor::Of({static_cast<std::int64_t>(values.size())},
                                    std::span<const float>(values)));
}

Result<Ids> FinishResize(Builder& builder, const SourceNode& source, Node node,
                         const Wish& wish) {
  const std::string prefix = source.node.name + "/";
  node.op = "Resize";
  node.inputs = {InputOf(source, 0), kNoValue, kNoValue, kNoValue};
  const bool crops = node.attributes.Text("coordinate_transformation_mode",
                                          "") == "tf_crop_and_resize";
  if (crops && !wish.roi.empty()) {
    node.inputs[1] = AddFloats(builder, prefix + "roi", wish.roi);
  }
  if (!wish.scales.empty()) {
    node.inputs[2] = AddFloats(builder, prefix + "scales", wish.scales);
  } else if (!wish.sizes.empty()) {
    node.inputs[3] = builder.AddInts("sizes", wish.sizes);
  }
  return Finish(builder, source, std::move(node));
}

/// The meaning of Upsample and of the first Resize.
void SetOldCoordinates(Node& node) {
  node.attributes.Set("coordinate_transformation_mode", "asymmetric");
  node.attributes.Set("nearest_mode", "floor");
  if (node.attributes.Text("mode", "") == "bilinear") {
    node.attributes.Set("mode", "linear");
  }
}

}  // namespace

Result<Ids> ConvertResize(Builder& builder, const SourceNode& source) {
  const ValueId id = InputOf(source, 0);
  if (id == kNoValue) return InvalidArgument("input 0 is left out");
  const Shape x = builder.shape(id);
  Node node = source.node;
  Wish wish;
  if (source.opset < 11) {
    SetOldCoordinates(node);
    SKERRY_ASSIGN_OR_RETURN(wish.scales, Floats(builder, source, 1, "scales"));
    return FinishResize(builder, source, std::move(node), wish);
  }
  Dims listed = node.attributes.Ints("axes");
  if (!source.Has("axes")) {
    for (int i = 0; i < x.rank(); ++i) listed.push_back(i);
  }
  SKERRY_ASSIGN_OR_RETURN(const std::vector<int> axes,
                          NormalAxes(listed, x.rank(), "attribute 'axes'"));
  if (node.attributes.Text("coordinate_transformation_mode", "") ==
      "tf_crop_and_resize") {
    SKERRY_ASSIGN_OR_RETURN(wish.roi, Floats(builder, source, 1, "roi"));
  }
  SKERRY_ASSIGN_OR_RETURN(wish.scales, Floats(builder, source, 2, "scales"));
  SKERRY_ASSIGN_OR_RETURN(wish.sizes, Sizes(builder, source));
  SKERRY_RETURN_IF_ERROR(WantCount(wish.roi, 2 * axes.size(), "roi"));
  SKERRY_RETURN_IF_ERROR(WantCount(wish.scales, axes.size(), "scales"));
  SKERRY_RETURN_IF_ERROR(WantCount(wish.sizes, axes.size(), "sizes"));
  wish = Spread(wish, axes, x);
  SKERRY_RETURN_IF_ERROR(
      KeepAspect(node.attributes.Text("keep_aspect_ratio_policy", "stretch"),
                 axes, x, wish));
  node.attributes.Remove("axes");
  node.attributes.Remove("keep_aspect_ratio_policy");
  return FinishResize(builder, source, std::move(node), wish);
}

Result<Ids> ConvertUpsample(Builder& builder, const SourceNode& source) {
  if (InputOf(source, 0) == kNoValue) {
    return InvalidArgument("input 0 is left out");
  }
  Node node = source.node;
  SetOldCoordinates(node);
  node.attributes.Remove("scales");
  Wish wish;
  wish.scales = source.node.attributes.Floats("scales");
  if (source.opset >= 9) {
    SKERRY_ASSIGN_OR_RETURN(wish.scales, Floats(builder, source, 1, "scales"));
  }
  return FinishResize(builder, source, std::move(node), wish);
}

}  // namespace skerry::compiler
