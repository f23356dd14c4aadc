// For tests: one node, its types inferred, run with its reference kernel.
#pragma once

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <utility>
#include <vector>

#include "skerry/compiler/ops/op.h"
#include "skerry/compiler/reference/evaluate.h"

namespace skerry::compiler {

/// Builds a node whose inputs are constants, and runs it.
///
/// Thread safety: thread-compatible.
class NodeRunner {
 public:
  explicit NodeRunner(std::string op, std::size_t outputs = 1) {
    node_.op = std::move(op);
    node_.name = "node";
    node_.outputs.assign(outputs, kNoValue);
  }

  NodeRunner& Input(Tensor tensor) {
    node_.inputs.push_back(graph_.AddConstant("x", std::move(tensor)));
    return *this;
  }
  NodeRunner& NoInput() {
    node_.inputs.push_back(kNoValue);
    return *this;
  }
  NodeRunner& Set(std::string name, Attribute value) {
    node_.attributes.Set(std::move(name), std::move(value));
    return *this;
  }
  NodeRunner& SetInts(std::string name, std::vector<std::int64_t> value) {
    return Set(std::move(name), std::move(value));
  }
  NodeRunner& SetFloat(std::string name, float value) {
    node_.attributes.SetFloat(std::move(name), value);
    return *this;
  }
  NodeRunner& SetText(std::string name, std::string value) {
    return Set(std::move(name), std::move(value));
  }

  /// All results; fails the test if there are none.
  std::vector<Tensor> RunAll() {
    auto types = InferTypes(graph_, node_);
    if (!types) {
      ADD_FAILURE() << types.error().message();
      return {};
    }
    std::vector<const Tensor*> inputs;
    for (const ValueId id : node_.inputs) inputs.push_back(graph_.constant(id));
    Node node = node_;
    for (std::size_t i = 0; i < types->size(); ++i) {
      node.outputs[i] = graph_.AddValue("y", (*types)[i]);
    }
    auto outputs = EvaluateNode(graph_, node, inputs);
    if (outputs) return *std::move(outputs);
    ADD_FAILURE() << outputs.error().message();
    return {};
  }
  /// The first result.
  Tensor Run() {
    std::vector<Tensor> outputs = RunAll();
    return outputs.empty() ? Tensor() : std::move(outputs.front());
  }

 private:
  Graph graph_;
  Node node_;
};

/// Numbers between -1 and 1 that are the same each time.
inline Tensor RandomTensor(Shape shape, unsigned seed) {
  Tensor tensor({DataType::kFloat32, std::move(shape)});
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> numbers(-1, 1);
  for (float& x : tensor.data<float>()) x = numbers(random);
  return tensor;
}

}  // namespace skerry::compiler
