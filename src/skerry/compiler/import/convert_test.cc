// Old forms of operators become the newest, and what is implied is written
// out.
#include "skerry/compiler/import/convert.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "skerry/compiler/import/onnx_test_model.h"
#include "skerry/compiler/ops/op.h"

namespace skerry::compiler {
namespace {

using ::testing::ElementsAre;

/// x -> one node -> y, to which attributes and constants can be added.
class ConvertTest : public ::testing::Test {
 protected:
  OnnxTestNode Make(int opset, std::initializer_list<std::string> dims,
                    std::string_view op, std::string_view constants = "") {
    model_ = OnnxTestModel(opset);
    model_.Input("x", dims).Output("y");
    return model_.Node(op, "x " + std::string(constants), "y");
  }

  const Graph& Import() {
    auto graph = model_.Import();
    EXPECT_TRUE(graph.has_value()) << graph.error().message();
    graph_ = graph ? *std::move(graph) : Graph();
    return graph_;
  }
  std::string Type() { return TypeOf(Import(), "y"); }
  std::vector<std::int64_t> Attribute(std::string_view op,
                                      std::string_view name) {
    return FindNode(Import(), op).attributes.Ints(name);
  }
  float ScalarOfInput(const Node& node, std::size_t index) const {
    return graph_.constant(node.inputs.at(index))->data<float>()[0];
  }

  OnnxTestModel model_;
  Graph graph_;
};

TEST(SourceOpsTest, AreFoundByName) {
  for (const SourceOp& op : SourceOps()) {
    EXPECT_EQ(FindSourceOp(op.name), &op);
  }
  EXPECT_EQ(FindSourceOp("Loop"), nullptr);
  EXPECT_EQ(FindSourceOp(""), nullptr);
  EXPECT_EQ(FindSourceOp("zzz"), nullptr);
}

TEST(SourceOpsTest, OperatorsThatDoNotChangeAreOurs) {
  for (const SourceOp& op : SourceOps()) {
    if (op.convert == ConvertDirectly) {
      EXPECT_NE(FindOp(op.name), nullptr) << op.name;
    }
  }
}

TEST_F(ConvertTest, ConvHasItsAttributesWrittenOut) {
  Make(11, {"1", "3", "8", "8"}, "Conv", "w");
  model_.Filled("w", {4, 3, 3, 3});

  EXPECT_EQ(Type(), "float32[1, 4, 6, 6]");
  EXPECT_THAT(Attribute("Conv", "kernel_shape"), ElementsAre(3, 3));
  EXPECT_THAT(Attribute("Conv", "strides"), ElementsAre(1, 1));
  EXPECT_THAT(Attribute("Conv", "dilations"), ElementsAre(1, 1));
  EXPECT_THAT(Attribute("Conv", "pads"), ElementsAre(0, 0, 0, 0));
  EXPECT_THAT(Attribute("Conv", "group"), ElementsAre(1));
}

TEST_F(ConvertTest, ConvResolvesAutoPad) {
  Make(11, {"1", "3", "8", "7"}, "Conv", "w")
      .Text("auto_pad", "SAME_UPPER")
      .Ints("strides", {2, 2});
  model_.Filled("w", {4, 3, 3, 3});
  EXPECT_EQ(Type(), "float32[1, 4, 4, 4]");
  EXPECT_THAT(Attribute("Conv", "pads"), ElementsAre(0, 1, 1, 1));

  Make(11, {"1", "3", "8", "7"}, "Conv", "w")
      .Text("auto_pad", "SAME_LOWER")
      .Ints("strides", {2, 2});
  model_.Filled("w", {4, 3, 3, 3});
  EXPECT_THAT(Attribute("Conv", "pads"), ElementsAre(1, 1, 0, 1));
}

TEST_F(ConvertTest, ConvChecksItsOperands) {
  Make(11, {"1", "3", "8", "8"}, "Conv", "w").Text("auto_pad", "FULL");
  model_.Filled("w", {4, 3, 3, 3});
  EXPECT_EQ(model_.Fault(),
            "Conv 'n': attribute 'auto_pad' is 'FULL', want NOTSET, VALID, "
            "SAME_UPPER or SAME_LOWER");

  Make(11, {"1", "4", "8", "8"}, "Conv", "w");
  model_.Filled("w", {4, 3, 3, 3});
  EXPECT_EQ(model_.Fault(),
            "Conv 'n': weight has 3 input channels in group 1, input has 4");

  Make(11, {"1", "4", "8", "8"}, "Conv", "w b x");
  model_.Filled("w", {4, 4, 1, 1}).Filled("b", {4});
  EXPECT_EQ(model_.Fault(), "Conv 'n': has 4 inputs, want at most 3");

  Make(11, {"4"}, "Conv", "w");
  model_.Filled("w", {4, 4, 1, 1});
  EXPECT_EQ(model_.Fault(),
            "Conv 'n': input is float32[4], want at least 3 dimensions");
}

TEST_F(ConvertTest, ConvTransposeResolvesAStatedSize) {
  Make(11, {"1", "1", "3", "3"}, "ConvTranspose", "w")
      .Ints("strides", {3, 2})
      .Ints("output_shape", {10, 8});
  model_.Filled("w", {1, 2, 3, 3});

  EXPECT_EQ(Type(), "float32[1, 2, 10, 8]");
  EXPECT_THAT(Attribute("ConvTranspose", "output_padding"), ElementsAre(1, 1));
  EXPECT_THAT(Attribute("ConvTranspose", "pads"), ElementsAre(0, 0, 0, 0));
}

TEST_F(ConvertTest, ConvTransposeResolvesAutoPad) {
  Make(11, {"1", "1", "3"}, "ConvTranspose", "w")
      .Ints("strides", {2})
      .Text("auto_pad", "SAME_UPPER");
  model_.Filled("w", {1, 1, 3});

  EXPECT_EQ(Type(), "float32[1, 1, 6]");
  EXPECT_THAT(Attribute("ConvTranspose", "pads"), ElementsAre(0, 1));
}

TEST_F(ConvertTest, PoolsKeepTheirOwnAttributesOnly) {
  Make(11, {"1", "3", "8", "8"}, "MaxPool").Ints("kernel_shape", {2, 2});
  const Node& pool = FindNode(Import(), "MaxPool");

  EXPECT_TRUE(pool.attributes.Has("pads"));
  EXPECT_FALSE(pool.attributes.Has("p"));
  EXPECT_FALSE(pool.attributes.Has("count_include_pad"));
  EXPECT_FALSE(pool.attributes.Has("auto_pad"));
}

TEST_F(ConvertTest, OldClipsGetInputs) {
  Make(7, {"4"}, "Clip").Float("min", 0).Float("max", 6);
  const Node& clip = FindNode(Import(), "Clip");

  EXPECT_EQ(ScalarOfInput(clip, 1), 0);
  EXPECT_EQ(ScalarOfInput(clip, 2), 6);

  Make(7, {"4"}, "Clip").Float("max", 6);
  EXPECT_EQ(FindNode(Import(), "Clip").inputs[1], kNoValue);
}

TEST_F(ConvertTest, DropoutIsNothing) {
  Make(7, {"4"}, "Dropout").Float("ratio", 0.5F);
  EXPECT_EQ(Ops(Import()), "Identity");

  Make(13, {"4"}, "Dropout", "ratio training");
  model_.Filled("ratio", {})
      .Initialiser("training", Tensor::Of<bool>({}, {true}));
  EXPECT_EQ(model_.Fault(),
            "Dropout 'n': input 'training_mode' is not false; export the "
            "model for inference");
}

TEST_F(ConvertTest, SumsBecomeChains) {
  Make(8, {"4"}, "Sum", "a b");
  model_.Filled("a", {4}).Filled("b", {1});
  EXPECT_EQ(Ops(Import()), "Add Add");

  Make(8, {"4"}, "Mean", "a");
  model_.Filled("a", {4});
  EXPECT_EQ(Ops(Import()), "Add Div");

  Make(8, {"4"}, "Max");
  EXPECT_EQ(Ops(Import()), "Identity");
}

TEST_F(ConvertTest, SwishIsSiluOrAProduct) {
  Make(24, {"4"}, "Swish");
  EXPECT_EQ(Ops(Import()), "Silu");

  Make(24, {"4"}, "Swish").Float("alpha", 1.5F);
  EXPECT_EQ(Ops(Import()), "Mul Sigmoid Mul");
}

TEST_F(ConvertTest, OldSoftmaxFlattens) {
  Make(12, {"2", "3", "4"}, "Softmax").Int("axis", 1);
  EXPECT_EQ(Ops(Import()), "Reshape Softmax Reshape");
  EXPECT_EQ(Type(), "float32[2, 3, 4]");

  Make(12, {"2", "3"}, "Softmax");
  EXPECT_EQ(Ops(Import()), "Softmax");

  Make(13, {"2", "3", "4"}, "Softmax").Int("axis", 1);
  EXPECT_EQ(Ops(Import()), "Softmax");
  EXPECT_THAT(Attribute("Softmax", "axis"), ElementsAre(1));
}

TEST_F(ConvertTest, ReductionsGetAxesAsInput) {
  Make(11, {"2", "3"}, "ReduceMean").Ints("axes", {-1}).Int("keepdims", 0);
  EXPECT_EQ(Type(), "float32[2]");
  EXPECT_THAT(IntsOfInput(graph_, FindNode(graph_, "ReduceMean"), 1),
              ElementsAre(1));

  Make(18, {"2", "3"}, "ReduceMean", "axes");
  model_.Ints("axes", {0});
  EXPECT_EQ(Type(), "float32[1, 3]");

  Make(18, {"2", "3"}, "ReduceMean");
  EXPECT_EQ(Type(), "float32[1, 1]");

  Make(18, {"2", "3"}, "ReduceMean").Int("noop_with_empty_axes", 1);
  EXPECT_EQ(Ops(Import()), "Identity");
}

TEST_F(ConvertTest, OldTopKGetsKAsInput) {
  Make(7, {"5"}, "TopK").Int("k", 2);

  EXPECT_EQ(Type(), "float32[2]");
}

TEST_F(ConvertTest, BatchNormalizationIsForInference) {
  const auto make = [&](int opset) {
    OnnxTestNode node =
        Make(opset, {"1", "2", "4"}, "BatchNormalization", "s b m v");
    for (const char* name : {"s", "b", "m", "v"}) model_.Filled(name, {2});
    return node;
  };

  make(7).Float("momentum", 0.5F).Int("spatial", 1);
  EXPECT_FALSE(
      FindNode(Import(), "BatchNormalization").attributes.Has("momentum"));
  make(7).Int("spatial", 0);
  EXPECT_EQ(model_.Fault(),
            "BatchNormalization 'n': attribute 'spatial' is 0, only 1 is "
            "supported");
  make(14).Int("training_mode", 1);
  EXPECT_EQ(model_.Fault(),
            "BatchNormalization 'n': attribute 'training_mode' is 1; export "
            "the model for inference");
}

TEST_F(ConvertTest, OldGroupNormalizationGetsAScalePerChannel) {
  Make(18, {"1", "6", "4"}, "GroupNormalization", "s b").Int("num_groups", 2);
  model_.Initialiser("s", Tensor::Of<float>({2}, {1, 2}));
  model_.Initialiser("b", Tensor::Of<float>({2}, {3, 4}));
  const Node& node = FindNode(Import(), "GroupNormalization");

  EXPECT_EQ(*graph_.constant(node.inputs[1]),
            Tensor::Of<float>({6}, {1, 1, 1, 2, 2, 2}));
}

TEST_F(ConvertTest, RmsNormalizationIsTakenApart) {
  Make(23, {"2", "6"}, "RMSNormalization", "s");
  model_.Filled("s", {6}, 1);

  EXPECT_EQ(Ops(Import()), "Mul ReduceMean Add Sqrt Div Mul");
  EXPECT_EQ(Type(), "float32[2, 6]");
}

TEST_F(ConvertTest, OneHotTakesADepthOfAnyType) {
  Make(11, {"3"}, "OneHot", "depth values");
  model_.Filled("depth", {1}, 4).Filled("values", {2});

  EXPECT_EQ(Type(), "float32[3, 4]");
}

TEST_F(ConvertTest, OldPadsGetInputs) {
  Make(7, {"2", "3"}, "Pad").Ints("pads", {0, 1, 0, 2}).Float("value", 7);

  EXPECT_EQ(Type(), "float32[2, 6]");
  EXPECT_EQ(ScalarOfInput(FindNode(graph_, "Pad"), 2), 7);
}

TEST_F(ConvertTest, PadsOfSomeAxesAreSpread) {
  Make(18, {"2", "3"}, "Pad", "pads - axes");
  model_.Ints("pads", {1, 2}).Ints("axes", {-1});

  EXPECT_EQ(Type(), "float32[2, 6]");
  EXPECT_THAT(IntsOfInput(graph_, FindNode(graph_, "Pad"), 1),
              ElementsAre(0, 1, 0, 2));
}

TEST_F(ConvertTest, ReshapeStatesTheWholeShape) {
  Make(14, {"2", "3", "4"}, "Reshape", "shape");
  model_.Ints("shape", {0, -1});

  EXPECT_EQ(Type(), "float32[2, 12]");
  EXPECT_THAT(IntsOfInput(graph_, FindNode(graph_, "Reshape"), 1),
              ElementsAre(2, 12));
}

TEST_F(ConvertTest, ReshapeByDataIsNotSupported) {
  OnnxTestModel model;
  model.Input("x", {"4"}).Input("s", {"2"}, DataType::kInt64).Output("y");
  model.Node("Reshape", "x s", "y");

  EXPECT_EQ(model.Fault(),
            "Reshape 'n': input 'shape' ('s') depends on the data; it shapes "
            "the result and must be a constant");
}

TEST_F(ConvertTest, OldSlicesGetInputs) {
  Make(7, {"4", "5"}, "Slice")
      .Ints("starts", {1})
      .Ints("ends", {-1})
      .Ints("axes", {1});

  EXPECT_EQ(Type(), "float32[4, 3]");
  EXPECT_THAT(IntsOfInput(graph_, FindNode(graph_, "Slice"), 3),
              ElementsAre(1));
  EXPECT_THAT(IntsOfInput(graph_, FindNode(graph_, "Slice"), 4),
              ElementsAre(1));
}

TEST_F(ConvertTest, SlicesHaveAxesThatCountFromZero) {
  Make(13, {"4", "5"}, "Slice", "starts ends axes");
  model_.Ints("starts", {1}).Ints("ends", {3}).Ints("axes", {-1});

  EXPECT_EQ(Type(), "float32[4, 2]");
  EXPECT_THAT(IntsOfInput(graph_, FindNode(graph_, "Slice"), 3),
              ElementsAre(1));
}

TEST_F(ConvertTest, SplitsStateTheirSizes) {
  const auto split = [&](int opset, std::string_view constants = "") {
    model_ = OnnxTestModel(opset);
    model_.Input("x", {"7"}).Output("y").Output("z");
    return model_.Node("Split", "x " + std::string(constants), "y z");
  };
  const auto sizes = [&] {
    return IntsOfInput(Import(), FindNode(graph_, "Split"), 1);
  };

  split(11).Ints("split", {3, 4});
  EXPECT_THAT(sizes(), ElementsAre(3, 4));
  split(13, "sizes");
  model_.Ints("sizes", {2, 5});
  EXPECT_THAT(sizes(), ElementsAre(2, 5));
  split(18).Int("num_outputs", 2);
  EXPECT_THAT(sizes(), ElementsAre(4, 3));
  split(11);
  EXPECT_EQ(model_.Fault(),
            "Split 'n': axis 0 has 7 elements, which do not split into 2");
}

TEST_F(ConvertTest, SqueezeAndUnsqueezeGetAxesAsInput) {
  Make(11, {"1", "3", "1"}, "Squeeze").Ints("axes", {2});
  EXPECT_EQ(Type(), "float32[1, 3]");
  Make(13, {"1", "3", "1"}, "Squeeze");
  EXPECT_EQ(Type(), "float32[3]");
  EXPECT_THAT(IntsOfInput(graph_, FindNode(graph_, "Squeeze"), 1),
              ElementsAre(0, 2));
  Make(11, {"3"}, "Unsqueeze").Ints("axes", {0});
  EXPECT_EQ(Type(), "float32[1, 3]");
}

TEST_F(ConvertTest, ScatterIsScatterElements) {
  Make(9, {"4"}, "Scatter", "i u");
  model_.Ints("i", {1}).Filled("u", {1});

  EXPECT_EQ(Ops(Import()), "ScatterElements");
}

TEST_F(ConvertTest, GridSampleHasTheNewNamesOfModes) {
  Make(16, {"1", "1", "4", "4"}, "GridSample", "g").Text("mode", "bilinear");
  model_.Filled("g", {1, 2, 2, 2});

  EXPECT_EQ(FindNode(Import(), "GridSample").attributes.Text("mode", ""),
            "linear");
}

TEST_F(ConvertTest, BatchFirstRecurrentLayersAreTurned) {
  Make(14, {"2", "5", "3"}, "GRU", "w r").Int("layout", 1);
  model_.Filled("w", {1, 12, 3}).Filled("r", {1, 12, 4});

  EXPECT_EQ(Ops(Import()), "Transpose GRU Transpose");
  EXPECT_EQ(Type(), "float32[2, 5, 1, 4]");
}

TEST_F(ConvertTest, QuantizeLinearMayStateItsType) {
  Make(21, {"4"}, "QuantizeLinear", "scale")
      .Int("output_dtype", onnx::TensorProto::INT8);
  model_.Filled("scale", {}, 1);
  EXPECT_EQ(Type(), "int8[4]");

  Make(21, {"4"}, "QuantizeLinear", "scale").Int("block_size", 2);
  model_.Filled("scale", {}, 1);
  EXPECT_EQ(model_.Fault(),
            "QuantizeLinear 'n': attribute 'block_size' is 2; scales by block "
            "are not supported");
}

TEST_F(ConvertTest, EinsumSpellsItsEquationOut) {
  const auto einsum = [&](const char* equation) {
    Make(12, {"5", "2", "3"}, "Einsum", "w").Text("equation", equation);
    model_.Filled("w", {3, 4});
    return FindNode(Import(), "Einsum").attributes.Text("equation", "");
  };

  EXPECT_EQ(einsum("bij, jk -> bik"), "bij,jk->bik");
  EXPECT_EQ(einsum("bij,jk"), "bij,jk->bik");
  EXPECT_EQ(einsum("...j,jk->...k"), "GHj,jk->GHk");
  EXPECT_EQ(einsum("...j,jk"), "GHj,jk->GHk");
  EXPECT_EQ(Type(), "float32[5, 2, 4]");
}

TEST_F(ConvertTest, EinsumChecksItsEquation) {
  Make(12, {"5"}, "Einsum").Text("equation", "...ij->i");
  EXPECT_EQ(model_.Fault(),
            "Einsum 'n': attribute 'equation' is '...ij->i', input 0 has 1 "
            "dimensions");
  Make(12, {"5"}, "Einsum").Text("equation", "->");
  EXPECT_EQ(model_.Fault(),
            "Einsum 'n': input 0 is float32[5], want 0 dimensions");
}

TEST_F(ConvertTest, UpsampleIsAResize) {
  Make(7, {"1", "1", "2", "2"}, "Upsample")
      .Text("mode", "nearest")
      .Floats("scales", {1, 1, 2, 3});
  EXPECT_EQ(Type(), "float32[1, 1, 4, 6]");
  const Node& node = FindNode(graph_, "Resize");
  EXPECT_EQ(node.attributes.Text("coordinate_transformation_mode", ""),
            "asymmetric");
  EXPECT_EQ(node.attributes.Text("nearest_mode", ""), "floor");

  Make(9, {"1", "1", "2", "2"}, "Upsample", "s").Text("mode", "linear");
  model_.Initialiser("s", Tensor::Of<float>({4}, {1, 1, 2, 2}));
  EXPECT_EQ(Type(), "float32[1, 1, 4, 4]");
}

TEST_F(ConvertTest, ResizeDropsOperandsThatAreEmpty) {
  Make(13, {"1", "1", "2", "2"}, "Resize", "roi scales sizes");
  model_.Filled("roi", {0}).Filled("scales", {0}).Ints("sizes", {1, 1, 5, 6});

  EXPECT_EQ(Type(), "float32[1, 1, 5, 6]");
  const Node& node = FindNode(graph_, "Resize");
  EXPECT_EQ(node.inputs[1], kNoValue);
  EXPECT_EQ(node.inputs[2], kNoValue);
}

TEST_F(ConvertTest, ResizeOfSomeAxesIsSpread) {
  Make(18, {"1", "2", "4", "4"}, "Resize", "- - sizes").Ints("axes", {3, 2});
  model_.Ints("sizes", {6, 8});

  EXPECT_EQ(Type(), "float32[1, 2, 8, 6]");
}

TEST_F(ConvertTest, ResizeMayKeepTheAspect) {
  const auto make = [&](const char* policy) {
    Make(18, {"1", "2", "4", "8"}, "Resize", "- - sizes")
        .Ints("axes", {2, 3})
        .Text("keep_aspect_ratio_policy", policy);
    model_.Ints("sizes", {8, 24});
  };

  make("not_larger");
  EXPECT_EQ(Type(), "float32[1, 2, 8, 16]");
  make("not_smaller");
  EXPECT_EQ(Type(), "float32[1, 2, 12, 24]");
}

TEST_F(ConvertTest, ResizeCountsItsOperands) {
  Make(13, {"1", "1"}, "Resize", "- s");
  model_.Filled("s", {3}, 2);

  EXPECT_EQ(model_.Fault(),
            "Resize 'n': input 'scales' has 3 elements, want 2");
}

TEST_F(ConvertTest, ConstantsComeInManyForms) {
  const auto constant = [](auto set) {
    OnnxTestModel model;
    model.Input("x", {"2"}).Output("y");
    OnnxTestNode node = model.Node("Constant", "", "c", "c");
    set(node);
    model.Node("Mul", "x c", "y", "product");
    return model.Fault();
  };

  EXPECT_EQ(constant([](OnnxTestNode& n) {
              n.Value("value", Tensor::Of<float>({}, {1}));
            }),
            "imported");
  EXPECT_EQ(constant([](OnnxTestNode& n) { n.Float("value_float", 2); }),
            "imported");
  EXPECT_EQ(constant([](OnnxTestNode& n) { n.Floats("value_floats", {2}); }),
            "imported");
  EXPECT_EQ(constant([](OnnxTestNode& n) { n.Int("value_int", 2); }),
            "Mul 'product': the first input is float32, the second is int64; "
            "they must be of one type");
  EXPECT_EQ(constant([](OnnxTestNode& n) { n.Text("value_string", "a"); }),
            "Constant 'c': constants of strings are not supported");
  EXPECT_EQ(constant([](OnnxTestNode&) {}),
            "Constant 'c': attribute 'value' is missing");
}

TEST_F(ConvertTest, ShapesAreConstants) {
  OnnxTestModel model(15);
  model.Input("x", {"2", "3", "4"}).Output("y");
  model.Node("Shape", "x", "s").Int("start", 1).Int("end", -1);
  model.Node("ConstantOfShape", "s", "y");

  const auto graph = model.Import();

  ASSERT_TRUE(graph.has_value());
  EXPECT_EQ(TypeOf(*graph, "y"), "float32[3]");
}

TEST_F(ConvertTest, ShapeArithmeticIsFolded) {
  OnnxTestModel model;
  model.Input("x", {"2", "3", "4"}).Output("y");
  model.Ints("zero", {0}).Ints("rest", {-1});
  model.Node("Shape", "x", "shape");
  model.Node("Gather", "shape zero", "first");
  model.Node("Concat", "first rest", "wanted").Int("axis", 0);
  model.Node("Reshape", "x wanted", "y");

  const auto graph = model.Import();

  ASSERT_TRUE(graph.has_value());
  EXPECT_EQ(Ops(*graph), "Reshape");
  EXPECT_EQ(TypeOf(*graph, "y"), "float32[2, 12]");
}

TEST_F(ConvertTest, LargeConstantsStayComputed) {
  OnnxTestModel model;
  model.Input("x", {"1"}).Output("y");
  model.Ints("shape", {1024, 1024});
  model.Node("ConstantOfShape", "shape", "c");
  model.Node("Add", "x c", "y");

  const auto graph = model.Import();

  ASSERT_TRUE(graph.has_value());
  EXPECT_EQ(Ops(*graph), "Expand Add");
}

TEST_F(ConvertTest, EyeLikeIsAConstant) {
  OnnxTestModel model;
  model.Input("x", {"2", "3"}).Output("y");
  model.Node("EyeLike", "x", "eye").Int("k", 1);
  model.Node("Add", "x eye", "y");

  const auto graph = model.Import();

  ASSERT_TRUE(graph.has_value());
  EXPECT_EQ(*graph->constant(FindNode(*graph, "Add").inputs[1]),
            Tensor::Of<float>({2, 3}, {0, 1, 0, 0, 0, 1}));
}

TEST_F(ConvertTest, EveryOperatorSurvivesHavingNoOperands) {
  for (const SourceOp& op : SourceOps()) {
    for (const int opset : {7, 10, 13, 18, 21}) {
      OnnxTestModel model(opset);
      model.Input("x", {"1"}).Output("y");
      model.Node(op.name, "", "y");
      EXPECT_FALSE(model.Fault().empty()) << op.name;
      model.graph().mutable_node(0)->add_input("");
      EXPECT_FALSE(model.Fault().empty()) << op.name;
      model.graph().mutable_node(0)->set_input(0, "x");
      EXPECT_FALSE(model.Fault().empty()) << op.name;
    }
  }
}

}  // namespace
}  // namespace skerry::compiler
