#include "skerry/compiler/import/names.h"

#include <gtest/gtest.h>

#include "skerry/compiler/import/onnx_test_model.h"

namespace skerry::compiler {
namespace {

std::string Fault(std::string_view text) {
  const auto good = CheckText(text, "it");
  return good ? "text" : good.error().message();
}

TEST(CheckTextTest, TakesTextOfAnyLanguage) {
  EXPECT_EQ(Fault(""), "text");
  EXPECT_EQ(Fault("features.0/conv:0"), "text");
  EXPECT_EQ(Fault("Größe 大きさ 🎉"), "text");
}

TEST(CheckTextTest, RefusesBytesThatAreNoText) {
  EXPECT_EQ(Fault("a\xff"), "it is no text: 'a\\xff'");
  EXPECT_EQ(Fault("\xc3"), "it is no text: '\\xc3'");
  EXPECT_EQ(Fault("\xc0\xaf"), "it is no text: '\\xc0\\xaf'");
  EXPECT_EQ(Fault("\xe0\x80\xaf"), "it is no text: '\\xe0\\x80\\xaf'");
  EXPECT_EQ(Fault("\xed\xa0\x80"), "it is no text: '\\xed\\xa0\\x80'");
  EXPECT_EQ(Fault("\xf4\x90\x80\x80"), "it is no text: '\\xf4\\x90\\x80\\x80'");
}

TEST(CheckTextTest, RefusesControlCharacters) {
  EXPECT_EQ(Fault("a\nb"), "it is no text: 'a\\x0ab'");
  EXPECT_EQ(Fault("\x1b[31m"), "it is no text: '\\x1b[31m'");
  EXPECT_EQ(Fault("\x7f"), "it is no text: '\\x7f'");
  EXPECT_EQ(Fault("\xc2\x9b"), "it is no text: '\\xc2\\x9b'");
}

TEST(CheckTextTest, ShowsOnlySoMuch) {
  EXPECT_EQ(Fault("\n" + std::string(100, 'a')),
            "it is no text: '\\x0a" + std::string(60, 'a') + "...'");
}

TEST(CheckNamesTest, ImportChecksNames) {
  OnnxTestModel node;
  node.Input("x", {"1"}).Output("y");
  node.Node("Relu", "x", "y", "a\x01");
  OnnxTestModel symbol;
  symbol.Input("x", {"n\x01"}).Output("y");
  symbol.Node("Relu", "x", "y");
  OnnxTestModel attribute;
  attribute.Input("x", {"1", "4"}).Output("y");
  attribute.Node("Gelu", "x", "y").Text("approximate", "\xff");

  EXPECT_EQ(node.Fault(), "the name of a node is no text: 'a\\x01'");
  EXPECT_EQ(symbol.Fault(), "a symbolic extent is no text: 'n\\x01'");
  EXPECT_EQ(attribute.Fault(),
            "Gelu 'n': attribute 'approximate' is no text: '\\xff'");
}

}  // namespace
}  // namespace skerry::compiler
