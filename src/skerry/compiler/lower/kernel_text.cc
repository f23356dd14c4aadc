#include "skerry/compiler/lower/kernel_text.h"

#include <array>
#include <string_view>

#include "skerry/compiler/lower/cpp_text.h"

namespace skerry::compiler {
namespace {

using kernels::Activation;
using kernels::ConvolutionShape;
using kernels::DepthwiseShape;
using kernels::Epilogue;
using kernels::Function;
using kernels::MatMulShape;
using kernels::Pitch;
using kernels::Residual;
using kernels::WinogradShape;

/// Designated initialisers, in the order of the members.
class Initializer {
 public:
  void Int(std::string_view name, std::int64_t value, std::int64_t fallback) {
    if (value != fallback) Text(name, std::to_string(value));
  }
  void Text(std::string_view name, const std::string& value) {
    if (value.empty()) return;
    if (!text_.empty()) text_ += ", ";
    text_ += "." + std::string(name) + " = " + value;
  }
  /// "type{...}", or nothing if all members have their defaults.
  std::string Finish(std::string_view type) const {
    return text_.empty() ? "" : std::string(type) + "{" + text_ + "}";
  }

 private:
  std::string text_;
};

std::string_view FunctionName(Function function) {
  static constexpr std::array<std::string_view, 15> kNames = {
      "kNone",        "kRelu",      "kClip",     "kLeakyRelu", "kSigmoid",
      "kHardSigmoid", "kHardSwish", "kSilu",     "kTanh",      "kGelu",
      "kElu",         "kSelu",      "kSoftplus", "kMish",      "kSqrt"};
  return kNames[static_cast<std::size_t>(function)];
}

std::string Text(const Pitch& pitch) {
  Initializer list;
  list.Int("image", pitch.image, 0);
  list.Int("row", pitch.row, 0);
  list.Int("pixel", pitch.pixel, 0);
  list.Int("channel", pitch.channel, 1);
  return list.Finish("");
}

std::string Text(const Epilogue& epilogue) {
  Initializer list;
  const Activation& activation = epilogue.activation;
  if (activation.function != Function::kNone) {
    list.Text("activation", "{k::Function::" +
                                std::string(FunctionName(activation.function)) +
                                ", " + CppFloat(activation.alpha) + ", " +
                                CppFloat(activation.beta) + "}");
  }
  if (epilogue.residual != Residual::kNone) {
    list.Text("residual", epilogue.residual == Residual::kBefore
                              ? "k::Residual::kBefore"
                              : "k::Residual::kAfter");
  }
  return list.Finish("");
}

}  // namespace

std::string CppText(const ConvolutionShape& s) {
  Initializer list;
  list.Int("batch", s.batch, 1);
  list.Int("in_h", s.in_h, 1);
  list.Int("in_w", s.in_w, 1);
  list.Int("in_c", s.in_c, 1);
  list.Int("out_h", s.out_h, 1);
  list.Int("out_w", s.out_w, 1);
  list.Int("out_c", s.out_c, 1);
  list.Int("groups", s.groups, 1);
  list.Int("kernel_h", s.kernel_h, 1);
  list.Int("kernel_w", s.kernel_w, 1);
  list.Int("stride_h", s.stride_h, 1);
  list.Int("stride_w", s.stride_w, 1);
  list.Int("dilation_h", s.dilation_h, 1);
  list.Int("dilation_w", s.dilation_w, 1);
  list.Int("pad_top", s.pad_top, 0);
  list.Int("pad_left", s.pad_left, 0);
  list.Text("x", Text(s.x));
  list.Text("y", Text(s.y));
  list.Text("residual", Text(s.residual));
  list.Text("epilogue", Text(s.epilogue));
  list.Text("lanes", std::to_string(s.lanes));
  list.Int("panel_vectors", s.panel_vectors, 2);
  list.Int("task_rows", s.task_rows, 1);
  list.Int("task_panels", s.task_panels, 1);
  return list.Finish("k::ConvolutionShape");
}

std::string CppText(const DepthwiseShape& s) {
  Initializer list;
  list.Int("batch", s.batch, 1);
  list.Int("channels", s.channels, 1);
  list.Int("in_h", s.in_h, 1);
  list.Int("in_w", s.in_w, 1);
  list.Int("out_h", s.out_h, 1);
  list.Int("out_w", s.out_w, 1);
  list.Int("kernel_h", s.kernel_h, 1);
  list.Int("kernel_w", s.kernel_w, 1);
  list.Int("stride_h", s.stride_h, 1);
  list.Int("stride_w", s.stride_w, 1);
  list.Int("dilation_h", s.dilation_h, 1);
  list.Int("dilation_w", s.dilation_w, 1);
  list.Int("pad_top", s.pad_top, 0);
  list.Int("pad_left", s.pad_left, 0);
  list.Text("epilogue", Text(s.epilogue));
  list.Text("lanes", std::to_string(s.lanes));
  list.Int("task_rows", s.task_rows, 1);
  return list.Finish("k::DepthwiseShape");
}

std::string CppText(const MatMulShape& s) {
  Initializer list;
  list.Int("batch", s.batch, 1);
  list.Int("pitch_a", s.pitch_a, 0);
  list.Int("pitch_b", s.pitch_b, 0);
  list.Int("rows", s.rows, 1);
  list.Int("inner", s.inner, 1);
  list.Int("columns", s.columns, 1);
  list.Text("epilogue", Text(s.epilogue));
  list.Int("panel_vectors", s.panel_vectors, 0);
  list.Int("task_rows", s.task_rows, 1);
  return list.Finish("k::MatMulShape");
}

std::string CppText(const WinogradShape& s) {
  Initializer list;
  list.Int("batch", s.batch, 1);
  list.Int("in_h", s.in_h, 1);
  list.Int("in_w", s.in_w, 1);
  list.Int("in_c", s.in_c, 1);
  list.Int("out_h", s.out_h, 1);
  list.Int("out_w", s.out_w, 1);
  list.Int("out_c", s.out_c, 1);
  list.Int("pad_top", s.pad_top, 0);
  list.Int("pad_left", s.pad_left, 0);
  list.Text("epilogue", Text(s.epilogue));
  list.Int("tile", s.tile, 4);
  list.Text("lanes", std::to_string(s.lanes));
  list.Int("panel_vectors", s.panel_vectors, 2);
  list.Int("task_tiles", s.task_tiles, 1);
  list.Int("task_panels", s.task_panels, WinogradShape().task_panels);
  return list.Finish("k::WinogradShape");
}

}  // namespace skerry::compiler
