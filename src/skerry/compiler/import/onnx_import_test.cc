// Whole models: scopes, order, names, branches, functions.
#include "skerry/compiler/import/onnx_import.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "skerry/compiler/import/onnx_test_model.h"

namespace skerry::compiler {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string ImportBytes(const std::string& bytes) {
  const auto graph = ImportOnnx(std::as_bytes(std::span(bytes)), {});
  return graph ? "imported" : graph.error().message();
}

/// y = Relu(x), ready to be broken.
OnnxTestModel Small() {
  OnnxTestModel model;
  model.Input("x", {"1", "4"}).Output("y");
  model.Node("Relu", "x", "y", "act");
  return model;
}

TEST(OnnxImportTest, ReadsInputsNodesAndOutputs) {
  const auto graph = Small().Import();

  ASSERT_TRUE(graph.has_value());
  EXPECT_EQ(graph->name, "test");
  EXPECT_EQ(Ops(*graph), "Relu");
  EXPECT_EQ(graph->nodes[0].name, "act");
  EXPECT_EQ(graph->value(graph->inputs.at(0)).name, "x");
  EXPECT_EQ(graph->value(graph->outputs.at(0)).name, "y");
  EXPECT_EQ(TypeOf(*graph, "y"), "float32[1, 4]");
}

TEST(OnnxImportTest, RefusesWhatIsNoModel) {
  EXPECT_EQ(ImportBytes(""), "file holds no ONNX model");
  EXPECT_EQ(ImportBytes("not a model"),
            "file of 11 bytes is no ONNX model, or is cut short or damaged");
}

TEST(OnnxImportTest, RefusesTruncatedModels) {
  const std::string bytes = Small().proto().SerializeAsString();

  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_NE(ImportBytes(bytes.substr(0, size)), "imported") << size;
  }
}

TEST(OnnxImportTest, SurvivesAnyFlippedBit) {
  std::string bytes = Small().proto().SerializeAsString();

  for (std::size_t i = 0; i < 8 * bytes.size(); ++i) {
    bytes[i / 8] = static_cast<char>(bytes[i / 8] ^ (1 << i % 8));
    EXPECT_FALSE(ImportBytes(bytes).empty());
    bytes[i / 8] = static_cast<char>(bytes[i / 8] ^ (1 << i % 8));
  }
}

TEST(OnnxImportTest, LeavesDamageToTheError) {
  std::string bytes = Small().proto().SerializeAsString();
  bytes[bytes.find("Relu")] = '\xff';

  ::testing::internal::CaptureStderr();
  const std::string fault = ImportBytes(bytes);

  EXPECT_EQ(fault, "an operator is no text: '\\xffelu'");
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

TEST(OnnxImportTest, PutsNodesInOrder) {
  OnnxTestModel model;
  model.Input("x", {"1", "4"}).Output("y");
  model.Node("Relu", "a", "y", "second");
  model.Node("Neg", "x", "a", "first");

  const auto graph = model.Import();

  ASSERT_TRUE(graph.has_value());
  EXPECT_EQ(Ops(*graph), "Neg Relu");
}

TEST(OnnxImportTest, LeavesOutNodesThatNobodyNeeds) {
  OnnxTestModel model = Small();
  model.Node("Loop", "x", "unused", "dead");

  const auto graph = model.Import();

  ASSERT_TRUE(graph.has_value());
  EXPECT_EQ(Ops(*graph), "Relu");
}

TEST(OnnxImportTest, NamesTheNodesOfACycle) {
  OnnxTestModel model;
  model.Input("x", {"1"}).Output("c");
  model.Node("Add", "x c", "a", "first");
  model.Node("Relu", "a", "b", "second");
  model.Node("Relu", "b", "c", "third");

  EXPECT_EQ(model.Fault(),
            "nodes form a cycle: 'first' -> 'second' -> 'third' -> 'first'");
}

TEST(OnnxImportTest, NamesInputsThatNobodyMakes) {
  OnnxTestModel model;
  model.Input("x", {"1"}).Output("y");
  model.Node("Add", "x weight", "y", "sum");

  EXPECT_EQ(model.Fault(),
            "Add 'sum': input 'weight' is no output, input or initialiser");
}

TEST(OnnxImportTest, NamesOutputsThatNobodyMakes) {
  OnnxTestModel model = Small();
  model.Output("z");

  EXPECT_EQ(model.Fault(), "output 'z' is made by no node");
}

TEST(OnnxImportTest, WantsOutputs) {
  OnnxTestModel model;
  model.Input("x", {"1"});

  EXPECT_EQ(model.Fault(), "model has no outputs");
}

TEST(OnnxImportTest, RefusesNamesThatAreThereTwice) {
  OnnxTestModel twice_made = Small();
  twice_made.Node("Neg", "x", "y", "again");
  OnnxTestModel twice_input = Small();
  twice_input.Input("x", {"1"});
  OnnxTestModel twice_output = Small();
  twice_output.Output("y");
  OnnxTestModel twice_constant = Small();
  twice_constant.Filled("w", {1}).Filled("w", {2});
  OnnxTestModel input_made = Small();
  input_made.Node("Neg", "y", "x", "again");

  EXPECT_EQ(twice_made.Fault(),
            "value 'y' is made by Neg 'again' and by Relu 'act'");
  EXPECT_EQ(twice_input.Fault(), "input 'x' is there twice");
  EXPECT_EQ(twice_output.Fault(), "output 'y' is there twice");
  EXPECT_EQ(twice_constant.Fault(), "initialiser 'w' is there twice");
  EXPECT_EQ(input_made.Fault(),
            "value 'x' is made by Neg 'again' and by an input or initialiser");
}

TEST(OnnxImportTest, RefusesEmptyNames) {
  OnnxTestModel input = Small();
  input.Input("", {"1"});
  OnnxTestModel constant = Small();
  constant.Filled("", {1});

  EXPECT_EQ(input.Fault(), "an input has no name");
  EXPECT_EQ(constant.Fault(), "an initialiser has no name");
}

TEST(OnnxImportTest, CallsNodesWithoutANameByTheirOutput) {
  OnnxTestModel model;
  model.Input("x", {"1"}).Output("y");
  model.Node("Selu", "x x", "y", "");

  EXPECT_EQ(model.Fault(), "Selu 'y': has 2 inputs, want 1");
}

TEST(OnnxImportTest, NamesOperatorsThatAreNotSupported) {
  OnnxTestModel model;
  model.Input("x", {"1"}).Output("y");
  model.Node("StringNormalizer", "x", "y", "tidy");

  EXPECT_EQ(model.Import().error().code(), ErrorCode::kUnimplemented);
  EXPECT_EQ(model.Fault(),
            "node 'tidy' (op 'StringNormalizer'): operator is not supported");
}

TEST(OnnxImportTest, NamesOperatorsOfOtherDomains) {
  OnnxTestModel model;
  model.Input("x", {"1"}).Output("y");
  model.Node("FusedConv", "x", "y", "conv").Domain("com.microsoft");

  EXPECT_EQ(model.Fault(),
            "node 'conv' (op 'com.microsoft.FusedConv'): operator is not "
            "supported; export the model with operators of ONNX only");
}

TEST(OnnxImportTest, NamesOpsetsThatAreTooOld) {
  EXPECT_EQ(OnnxTestModel(6).Fault(),
            "model is of opset 6, the oldest supported is 7; convert it with "
            "onnx.version_converter");
}

TEST(OnnxImportTest, ReadsNewerOpsetsWithANote) {
  OnnxTestModel model(99);
  model.Input("x", {"1"}).Output("y");
  model.Node("Relu", "x", "y");
  std::vector<std::string> notes;

  ASSERT_TRUE(model.Import({.notes = &notes}).has_value());

  EXPECT_THAT(notes, ElementsAre(HasSubstr("model is of opset 99")));
}

TEST(OnnxImportTest, WantsAnOpset) {
  OnnxTestModel model = Small();
  model.proto().clear_opset_import();

  EXPECT_EQ(model.Fault(),
            "Relu 'act': model states no version of ONNX's operator set");
}

TEST(OnnxImportTest, RefusesAttributesThatAreNotTheOperators) {
  OnnxTestModel model;
  model.Input("x", {"1"}).Output("y");
  model.Node("Relu", "x", "y").Int("axis", 1);

  EXPECT_EQ(model.Fault(), "Relu 'n': attribute 'axis' is not one of Relu");
}

TEST(OnnxImportTest, RefusesAttributesOfAnotherKind) {
  OnnxTestModel model;
  model.Input("x", {"1", "2"}).Output("y");
  model.Node("Softmax", "x", "y").Float("axis", 1);

  EXPECT_EQ(model.Fault(),
            "Softmax 'n': attribute 'axis' is a float, want an int");
}

TEST(OnnxImportTest, AttributesMayLeaveTheirKindToBeSeen) {
  OnnxTestModel model;
  model.Input("x", {"1", "2"}).Output("y");
  model.Node("Softmax", "x", "y").Int("axis", 0);
  model.graph().mutable_node(0)->mutable_attribute(0)->clear_type();

  const auto graph = model.Import();

  ASSERT_TRUE(graph.has_value());
  EXPECT_EQ(graph->nodes[0].attributes.Int("axis", 7), 0);
}

TEST(OnnxImportTest, OutputsThatAreInputsAreCopied) {
  OnnxTestModel model;
  model.Input("x", {"2"}).Filled("w", {3}).Output("x").Output("w");
  model.Node("Dropout", "x", "y");
  model.Output("y");

  const auto graph = model.Import();

  ASSERT_TRUE(graph.has_value());
  EXPECT_EQ(Ops(*graph), "Identity Identity Identity");
  EXPECT_EQ(graph->value(graph->outputs[1]).name, "w");
  EXPECT_EQ(graph->value(graph->outputs[2]).name, "y");
}

TEST(OnnxImportTest, IdentityLeavesTheOutputsName) {
  OnnxTestModel model;
  model.Input("x", {"2"}).Output("y");
  model.Node("Relu", "x", "a");
  model.Node("Identity", "a", "y");

  const auto graph = model.Import();

  ASSERT_TRUE(graph.has_value());
  EXPECT_EQ(Ops(*graph), "Relu");
  EXPECT_EQ(graph->value(graph->outputs[0]).name, "y");
}

TEST(OnnxImportTest, InitialisersMayBeListedAsInputs) {
  OnnxTestModel model;
  model.Input("x", {"2"}).Input("w", {"2"}).Filled("w", {2}).Output("y");
  model.Node("Add", "x w", "y");

  const auto graph = model.Import();

  ASSERT_TRUE(graph.has_value());
  EXPECT_EQ(graph->inputs.size(), 1U);
}

TEST(OnnxImportTest, NamesOutputsThatAreForTraining) {
  OnnxTestModel model(9);
  model.Input("x", {"1", "2", "3", "3"}).Output("y");
  for (const char* name : {"s", "b", "m", "v"}) model.Filled(name, {2});
  model.Node("BatchNormalization", "x s b m v", "a saved", "bn");
  model.Node("Add", "a saved", "y", "sum");

  EXPECT_EQ(model.Fault(),
            "Add 'sum': input 'saved' is an output that its operator does not "
            "make for inference");
}

TEST(OnnxImportTest, SparseInitialisersAreNotSupported) {
  OnnxTestModel model = Small();
  model.graph().add_sparse_initializer()->mutable_values()->set_name("w");

  EXPECT_EQ(model.Fault(), "initialiser 'w' is sparse, which is not supported");
}

class BranchTest : public ::testing::Test {
 protected:
  /// y = condition ? -x : Relu(x)
  OnnxTestModel Branching() {
    onnx::GraphProto negative;
    AddNode(*negative.mutable_node(), "Neg", "x", "t", "then");
    negative.add_output()->set_name("t");
    onnx::GraphProto positive;
    AddNode(*positive.mutable_node(), "Relu", "x", "e", "else");
    positive.add_output()->set_name("e");
    OnnxTestModel model;
    model.Input("x", {"2"}).Output("y");
    model.Node("If", "condition", "y", "choose")
        .Graph("then_branch", negative)
        .Graph("else_branch", positive);
    return model;
  }
};

TEST_F(BranchTest, ConstantConditionsChooseABranch) {
  OnnxTestModel yes = Branching();
  yes.Initialiser("condition", Tensor::Of<bool>({}, {true}));
  OnnxTestModel no = Branching();
  no.Initialiser("condition", Tensor::Of<bool>({}, {false}));

  EXPECT_EQ(Ops(*yes.Import()), "Neg");
  EXPECT_EQ(Ops(*no.Import()), "Relu");
}

TEST_F(BranchTest, OtherConditionsAreNotSupported) {
  OnnxTestModel model = Branching();
  model.Input("condition", {}, DataType::kBool);

  EXPECT_EQ(model.Fault(),
            "If 'choose': the condition depends on the data; only constant "
            "ones are supported");
}

class FunctionTest : public ::testing::Test {
 protected:
  /// y = LeakyRelu(x, alpha=slope) as a function of the domain "ours".
  OnnxTestModel Calling() {
    OnnxTestModel model;
    model.Input("x", {"2"}).Output("y");
    onnx::FunctionProto& function = *model.proto().add_functions();
    function.set_domain("ours");
    function.set_name("Leak");
    function.add_input("a");
    function.add_output("b");
    function.add_attribute("slope");
    function.add_opset_import()->set_version(16);
    AddNode(*function.mutable_node(), "LeakyRelu", "a", "b", "leak")
        .Reference("alpha", "slope");
    return model;
  }
};

TEST_F(FunctionTest, CallsAreReadInPlace) {
  OnnxTestModel model = Calling();
  model.Node("Leak", "x", "y").Domain("ours").Float("slope", 0.5F);

  const auto graph = model.Import();

  ASSERT_TRUE(graph.has_value());
  EXPECT_EQ(Ops(*graph), "LeakyRelu");
  EXPECT_EQ(graph->nodes[0].attributes.Float("alpha", 0), 0.5F);
  EXPECT_EQ(graph->value(graph->outputs[0]).name, "y");
}

TEST_F(FunctionTest, AttributesThatAreNotGivenHaveTheirDefault) {
  OnnxTestModel model = Calling();
  model.Node("Leak", "x", "y").Domain("ours");

  EXPECT_EQ(model.Import()->nodes[0].attributes.Float("alpha", 0), 0.01F);
}

TEST_F(FunctionTest, CallsMayNotGoOnForEver) {
  OnnxTestModel model = Calling();
  onnx::FunctionProto& function = *model.proto().mutable_functions(0);
  function.clear_node();
  AddNode(*function.mutable_node(), "Leak", "a", "b", "again").Domain("ours");
  model.Node("Leak", "x", "y").Domain("ours");

  EXPECT_THAT(model.Fault(),
              HasSubstr("more than 32 calls and branches inside each other"));
}

TEST_F(FunctionTest, CallsMayNotGiveTooManyInputs) {
  OnnxTestModel model = Calling();
  model.Node("Leak", "x x", "y").Domain("ours");

  EXPECT_EQ(model.Fault(), "ours.Leak 'n': has 2 inputs, the function takes 1");
}

TEST(OnnxImportFileTest, NamesFilesThatAreNotThere) {
  const auto graph = ImportOnnxFile("no/such/model.onnx", {});

  EXPECT_EQ(graph.error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(graph.error().message(),
            "'no/such/model.onnx': No such file or directory");
}

TEST(OnnxImportFileTest, ReadsFiles) {
  const auto path = std::filesystem::path(::testing::TempDir()) / "small.onnx";
  std::ofstream(path, std::ios::binary) << Small().proto().SerializeAsString();

  EXPECT_TRUE(ImportOnnxFile(path.string(), {}).has_value());
}

}  // namespace
}  // namespace skerry::compiler
