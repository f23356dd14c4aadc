#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "skerry/compiler/import/onnx_test_model.h"

namespace skerry::compiler {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

OnnxTestModel Model(std::initializer_list<std::string> dims) {
  OnnxTestModel model;
  model.Input("x", dims).Output("y");
  model.Node("Relu", "x", "y");
  return model;
}

TEST(InputShapesTest, AnUnknownBatchIsOneWithANote) {
  std::vector<std::string> notes;

  const auto graph = Model({"N", "3"}).Import({.notes = &notes});

  ASSERT_TRUE(graph.has_value());
  EXPECT_EQ(TypeOf(*graph, "x"), "float32[1, 3]");
  EXPECT_THAT(notes, ElementsAre("input 'x': unknown first extent is taken as "
                                 "1; --input x=... sets it"));
}

TEST(InputShapesTest, OtherUnknownExtentsNameTheFlag) {
  EXPECT_EQ(Model({"N", "3", "height", "?"}).Fault(),
            "input 'x': extent 2 ('height') is unknown; give the shape with "
            "--input x=1,3,?,?");
  EXPECT_EQ(Model({"2", "-1"}).Fault(),
            "input 'x': extent 1 is unknown; give the shape with --input "
            "x=2,?");
}

TEST(InputShapesTest, AStatedShapeWins) {
  std::vector<std::string> notes;

  const auto graph =
      Model({"N", "3", "H"})
          .Import({.input_shapes = {{"x", {2, 4, 5}}}, .notes = &notes});

  ASSERT_TRUE(graph.has_value());
  EXPECT_EQ(TypeOf(*graph, "x"), "float32[2, 4, 5]");
  EXPECT_THAT(notes, IsEmpty());
}

TEST(InputShapesTest, AStatedShapeMustFit) {
  EXPECT_EQ(Model({"N", "3"}).Fault({.input_shapes = {{"x", {1}}}}),
            "input 'x': shape [1] was asked for, want 2 dimensions");
  EXPECT_EQ(Model({"N"}).Fault({.input_shapes = {{"x", {-1}}}}),
            "input 'x': shape [-1] has a negative extent");
  EXPECT_EQ(Model({"N"}).Fault({.input_shapes = {{"z", {1}}}}),
            "model has no input 'z', it has 'x'");
}

TEST(InputShapesTest, ASymbolIsOneExtentEverywhere) {
  OnnxTestModel model;
  model.Input("x", {"batch", "length"}).Input("m", {"batch", "length"});
  model.Output("y");
  model.Node("Add", "x m", "y");

  const auto graph = model.Import({.input_shapes = {{"x", {2, 7}}}});

  ASSERT_TRUE(graph.has_value());
  EXPECT_EQ(TypeOf(*graph, "m"), "float32[2, 7]");
}

TEST(InputShapesTest, InputsWithoutAShapeNeedOne) {
  OnnxTestModel model = Model({"1"});
  model.graph()
      .mutable_input(0)
      ->mutable_type()
      ->mutable_tensor_type()
      ->clear_shape();

  EXPECT_EQ(model.Fault(),
            "input 'x' has no shape; give one with --input x=...");
  EXPECT_EQ(model.Fault({.input_shapes = {{"x", {2, 2}}}}), "imported");
}

TEST(InputShapesTest, InputsMustBeTensorsOfAKnownType) {
  OnnxTestModel sequence = Model({"1"});
  sequence.graph().mutable_input(0)->mutable_type()->mutable_sequence_type();
  OnnxTestModel text = Model({"1"});
  text.graph()
      .mutable_input(0)
      ->mutable_type()
      ->mutable_tensor_type()
      ->set_elem_type(onnx::TensorProto::STRING);

  EXPECT_EQ(sequence.Fault(), "input 'x' is not a tensor");
  EXPECT_EQ(text.Fault(),
            "input 'x': element type 8 (STRING) is not supported");
}

TEST(InputShapesTest, AbsurdExtentsAreErrors) {
  EXPECT_EQ(Model({"1099511627776", "1099511627776"}).Fault(),
            "input 'x': shape [1099511627776, 1099511627776] has more than "
            "1099511627776 elements");
}

}  // namespace
}  // namespace skerry::compiler
