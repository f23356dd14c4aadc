#include "skerry/compiler/emit/emit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace skerry::compiler {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// x -> Relu -> Reshape -> y, with a plan for the first only.
struct Model {
  Graph graph;
  std::vector<KernelPlan> plans;
  ArenaPlan arena;
};

Model MakeModel(const std::string& node_name) {
  Model model;
  Graph& graph = model.graph;
  const ValueId x = graph.AddValue("x", TensorType{DataType::kFloat32, {2, 2}});
  const ValueId r = graph.AddValue("r", TensorType{DataType::kFloat32, {2, 2}});
  const ValueId y = graph.AddValue("y", TensorType{DataType::kFloat32, {4}});
  graph.inputs = {x};
  graph.outputs = {y};
  graph.nodes = {{.op = "Relu",
                  .name = node_name,
                  .inputs = {x},
                  .outputs = {r},
                  .attributes = {}},
                 {.op = "Flatten",
                  .name = "f",
                  .inputs = {r},
                  .outputs = {y},
                  .attributes = {}}};
  model.plans.resize(2);
  model.plans[0].body = "k::Relu(in0, packed0, out0, task);\n";
  model.plans[0].kernel = "relu";
  model.plans[0].headers = {"skerry/kernels/relu.h"};
  model.plans[0].used_inputs = {0};
  model.plans[0].tasks = 3;
  model.plans[0].packed = {Tensor::Of<float>({1}, {1.0F})};
  model.arena.aliases = {false, true};
  model.arena.places.resize(3);
  model.arena.places[0] = {.kind = Place::Kind::kInput, .index = 0};
  model.arena.places[1] = {.kind = Place::Kind::kOutput, .index = 0};
  model.arena.places[2] = {.kind = Place::Kind::kOutput, .index = 0};
  return model;
}

Emitted Emit(const Model& model) {
  Target target;
  target.name = "x86-64-v3";
  return EmitModel(model.graph, model.plans, model.arena, target);
}

TEST(EmitTest, EachNodeWithWorkIsAFunctionWithItsLocals) {
  const Emitted emitted = Emit(MakeModel("relu_1"));

  EXPECT_THAT(emitted.cc, HasSubstr("#include \"skerry/kernels/relu.h\"\n"));
  EXPECT_THAT(emitted.cc, HasSubstr("// Relu 'relu_1': float32[2, 2]"));
  EXPECT_THAT(emitted.cc, HasSubstr("(const f32*)(call.inputs[0])"));
  EXPECT_THAT(emitted.cc, HasSubstr("(f32*)(call.outputs[0])"));
  EXPECT_THAT(emitted.cc, HasSubstr("(const f32*)(skerry_weights + 0)"));
  EXPECT_THAT(emitted.cc, HasSubstr("k::Relu(in0, packed0, out0, task);"));
  EXPECT_EQ(emitted.weights.size(), 4U);
}

TEST(EmitTest, AliasesHaveNoCode) {
  EXPECT_THAT(Emit(MakeModel("r")).cc, Not(HasSubstr("Node1")));
}

TEST(EmitTest, NodesOfSeveralTasksAreGivenToTheHost) {
  EXPECT_THAT(
      Emit(MakeModel("r")).cc,
      HasSubstr("parallel_for(call->host->context, 3, Node0, (void*)call)"));
}

TEST(EmitTest, EachLayerCanBeRunAlone) {
  const std::string cc = Emit(MakeModel("r")).cc;
  const std::string layers = cc.substr(cc.find("skerry_model_run_layer_v1("));

  EXPECT_THAT(layers, HasSubstr("case 0:\n  call->host->parallel_for(call->"
                                "host->context, 3, Node0, (void*)call);\n"
                                "      break;\n"));
  EXPECT_THAT(layers, Not(HasSubstr("case 1")));  // an alias is no layer
}

TEST(EmitTest, ANodesNameCannotBecomeCode) {
  const std::string cc = Emit(MakeModel("a\nint main() {\\")).cc;

  EXPECT_THAT(cc, Not(HasSubstr("\nint main")));
}

}  // namespace
}  // namespace skerry::compiler
