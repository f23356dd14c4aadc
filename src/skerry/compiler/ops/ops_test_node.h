// A node and the graph around it, for tests of inference.
#pragma once

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "skerry/compiler/ops/op.h"

namespace skerry::compiler {

/// `TestNode("Concat").Input({1, 2}).Input({1, 3}).Set("axis", {1}).Infer()`
class TestNode {
 public:
  explicit TestNode(std::string op, std::size_t outputs = 1) {
    node_.op = std::move(op);
    node_.name = "n";
    node_.outputs.assign(outputs, kNoValue);
  }

  TestNode&& Input(Shape shape, DataType type = DataType::kFloat32) && {
    node_.inputs.push_back(graph_.AddValue("x", TensorType{type, shape}));
    return std::move(*this);
  }
  /// A constant list of int64.
  TestNode&& Ints(std::vector<std::int64_t> list) && {
    return std::move(*this).Constant(
        Tensor::Of({static_cast<std::int64_t>(list.size())},
                   std::span<const std::int64_t>(list)));
  }
  TestNode&& Constant(Tensor tensor) && {
    node_.inputs.push_back(graph_.AddConstant("c", std::move(tensor)));
    return std::move(*this);
  }
  TestNode&& None() && {
    node_.inputs.push_back(kNoValue);
    return std::move(*this);
  }
  TestNode&& Set(std::string name, std::vector<std::int64_t> value) && {
    node_.attributes.Set(std::move(name), std::move(value));
    return std::move(*this);
  }
  TestNode&& Text(std::string name, std::string value) && {
    node_.attributes.Set(std::move(name), std::move(value));
    return std::move(*this);
  }

  Result<std::vector<TensorType>> Infer() const {
    return InferTypes(graph_, node_);
  }
  /// The type of the first output, or the error's message.
  std::string Type(std::size_t output = 0) const {
    const auto types = Infer();
    return types ? types->at(output).ToString() : types.error().message();
  }

 private:
  Graph graph_;
  Node node_;
};

}  // namespace skerry::compiler
