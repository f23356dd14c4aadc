#include <algorithm>
#include <string>
#include <vector>

#include "skerry/compiler/lower/epilogue.h"
#include "skerry/compiler/lower/kernel_plan.h"
#include "skerry/compiler/lower/kernel_text.h"
#include "skerry/compiler/lower/pack.h"
#include "skerry/compiler/lower/tiling.h"

namespace skerry::compiler {
namespace {

using kernels::ConvolutionShape;
using kernels::MatMulShape;
using kernels::Residual;

// Kernels count rows and columns in 32 bits.
constexpr std::int64_t kExtentMax = 1 << 24;

/// A Gemm or MatMul in terms of kernels: y[batch] = a[batch] b[batch] + bias.
struct Product {
  std::int64_t batch;
  std::int64_t rows;
  std::int64_t inner;
  std::int64_t columns;
  bool shared_a;  ///< all batches have the same `a`
  bool shared_b;
  bool transposed_b;  ///< `b` is stored by columns
  float scale;        ///< factor of `b`
  float bias_scale;
  const Tensor* b;  ///< null if it is known at run time only
  const Tensor* bias;
  kernels::Epilogue epilogue;
};

std::int64_t Count(std::span<const std::int64_t> dims) {
  return Shape(std::vector(dims.begin(), dims.end())).element_count();
}

/// Whether `bias` has one element for each column, or one for all.
bool IsRowBias(const Tensor& bias, std::int64_t columns) {
  const std::int64_t count = bias.shape().element_count();
  return bias.data_type() == DataType::kFloat32 &&
         (count == 1 || (count == columns && bias.shape().rank() > 0 &&
                         bias.shape()[bias.shape().rank() - 1] == columns));
}

std::optional<Product> ReadProduct(const Graph& graph, const Node& node) {
  std::vector<std::int64_t> a = graph.shape(node.inputs[0]).dims();
  std::vector<std::int64_t> b = graph.shape(node.inputs[1]).dims();
  const std::optional<kernels::Epilogue> epilogue = ReadEpilogue(node);
  if (!epilogue || a.empty() || b.empty()) return std::nullopt;
  if (a.size() == 1) a.insert(a.begin(), 1);
  if (b.size() == 1) b.push_back(1);

  Product product = {};
  product.epilogue = *epilogue;
  product.scale = product.bias_scale = 1;
  if (node.op == "Gemm") {
    product.transposed_b = node.attributes.Int("transB", 0) != 0;
    product.scale = node.attributes.Float("alpha", 1);
    product.bias_scale = node.attributes.Float("beta", 1);
    if (node.attributes.Int("transA", 0) != 0) {
      // A single row or column lies in memory as its transpose does.
      if (a[0] != 1 && a[1] != 1) return std::nullopt;
      std::swap(a[0], a[1]);
    }
  }
  product.b = graph.constant(node.inputs[1]);
  product.bias = HasOperand(node, 2) ? graph.constant(node.inputs[2]) : nullptr;
  product.columns = product.transposed_b ? b[b.size() - 2] : b.back();
  product.inner = a.back();
  product.rows = a[a.size() - 2];
  const std::int64_t batch_a = Count(std::span(a).first(a.size() - 2));
  const std::int64_t batch_b = Count(std::span(b).first(b.size() - 2));
  if (batch_b == 1) {
    // One right factor: the rows of all batches are one matrix.
    product.rows *= batch_a;
    product.batch = 1;
  } else if (batch_a == 1 ||
             std::ranges::equal(std::span(a).first(a.size() - 2),
                                std::span(b).first(b.size() - 2))) {
    product.batch = batch_b;
    product.shared_a = batch_a == 1;
  } else {
    return std::nullopt;
  }
  const bool wanted_bias =
      !HasOperand(node, 2) ||
      (product.bias != nullptr && IsRowBias(*product.bias, product.columns));
  const std::int64_t extents[] = {product.batch, product.rows, product.inner,
                                  product.columns};
  if (!wanted_bias || std::ranges::any_of(extents, [](std::int64_t extent) {
        return extent < 1 || extent > kExtentMax;
      })) {
    return std::nullopt;
  }
  return product;
}

/// The bias of each column.
Tensor Bias(const Product& product, const Target& target) {
  const kernels::Panels panels = {static_cast<int>(product.columns), 1,
                                  target.vector_lanes};
  if (product.bias == nullptr) return PackBias(panels, 1, nullptr);
  Tensor bias({DataType::kFloat32, Shape{product.columns}});
  const auto from = product.bias->data<float>();
  for (std::size_t i = 0; i < bias.data<float>().size(); ++i) {
    bias.data<float>()[i] = product.bias_scale * from[from.size() == 1 ? 0 : i];
  }
  return PackBias(panels, 1, &bias);
}

KernelPlan StartPlan(const Product& product) {
  KernelPlan plan;
  plan.flops =
      2 * product.batch * product.rows * product.inner * product.columns;
  plan.used_inputs = {0};
  if (product.b == nullptr) plan.used_inputs.push_back(1);
  if (product.epilogue.residual != Residual::kNone) {
    plan.used_inputs.push_back(3);
    plan.in_place_input = 3;
  }
  return plan;
}

std::string ResidualName(const Product& product) {
  return product.epilogue.residual == Residual::kNone ? "nullptr" : "in3";
}

/// A constant right factor: a pointwise convolution of the rows of `a`.
KernelPlan LowerConstant(const Product& product, const Target& target) {
  const int width = ChooseRowWidth(product.rows, product.columns, target);
  ConvolutionShape shape;
  shape.in_h = shape.out_h = static_cast<int>(product.rows / width);
  shape.in_w = shape.out_w = width;
  shape.in_c = static_cast<int>(product.inner);
  shape.out_c = static_cast<int>(product.columns);
  shape.x = {0, product.inner * width, product.inner, 1};
  shape.y = {0, product.columns * width, product.columns, 1};
  if (product.epilogue.residual != Residual::kNone) shape.residual = shape.y;
  shape.epilogue = product.epilogue;
  ChooseTiles(shape, target);

  const auto weights = product.b->data<float>();
  const auto weight_at = [&](std::int64_t, std::int64_t column,
                             std::int64_t k) {
    return product.scale *
           weights[static_cast<std::size_t>(
               product.transposed_b ? column * product.inner + k
                                    : k * product.columns + column)];
  };
  KernelPlan plan = StartPlan(product);
  plan.headers = {"skerry/kernels/convolution.h"};
  plan.packed = {PackPanels(shape.panels(), 1, product.inner, weight_at),
                 Bias(product, target)};
  plan.kernel = "matmul " +
                std::to_string(kernels::TilePixels(width, shape.panel_vectors,
                                                   target.vector_registers)) +
                "x" + std::to_string(shape.panel_vectors * shape.lanes);
  plan.tasks = shape.tasks();
  plan.body = "  k::Convolve<" + CppText(shape) + ">(in0, packed0, packed1, " +
              ResidualName(product) + ", out0, task);\n";
  return plan;
}

/// Both factors at run time.
KernelPlan LowerVariable(const Product& product, const Target& target) {
  MatMulShape shape;
  shape.batch = product.batch;
  shape.rows = static_cast<int>(product.rows);
  shape.inner = static_cast<int>(product.inner);
  shape.columns = static_cast<int>(product.columns);
  shape.pitch_a = product.shared_a ? 0 : product.rows * product.inner;
  shape.pitch_b = product.inner * product.columns;
  shape.epilogue = product.epilogue;
  shape.panel_vectors = ChoosePanels(shape.rows, shape.columns, target).vectors;
  shape.task_rows =
      ChooseTaskRows(shape.rows, 2 * product.inner * product.columns,
                     4 * product.inner, target);
  KernelPlan plan = StartPlan(product);
  plan.headers = {"skerry/kernels/matmul.h"};
  plan.packed = {Bias(product, target)};
  plan.kernel = "matmul of variables";
  plan.tasks = shape.tasks();
  plan.body =
      "  static_assert(k::kLanes == " + std::to_string(target.vector_lanes) +
      ");\n  k::MultiplyMatrices<" + CppText(shape) + ">(in0, in1, packed0, " +
      ResidualName(product) + ", out0, task);\n";
  return plan;
}

}  // namespace

Result<std::optional<KernelPlan>> LowerMatMul(const Graph& graph,
                                              const Node& node,
                                              const Target& target) {
  if (node.op != "Gemm" && node.op != "MatMul") return std::nullopt;
  if (graph.type(node.inputs[0]).type != DataType::kFloat32) {
    return std::nullopt;
  }
  const std::optional<Product> product = ReadProduct(graph, node);
  if (!product) return std::nullopt;
  if (product->b != nullptr && product->batch == 1) {
    return LowerConstant(*product, target);
  }
  if (product->b != nullptr || product->transposed_b || product->scale != 1) {
    return std::nullopt;
  }
  return LowerVariable(*product, target);
}

}  // namespace skerry::compiler
