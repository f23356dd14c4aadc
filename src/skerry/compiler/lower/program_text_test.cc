#include "skerry/compiler/lower/program_text.h"

#include <gtest/gtest.h>

namespace skerry::compiler {
namespace {

std::string BodyOf(std::string_view program) {
  const auto text = TranslateProgram(program);
  return text ? text->body : text.error().message();
}

TEST(ProgramTextTest, EachWordThatComputesIsOneStatement) {
  EXPECT_EQ(BodyOf("i0 i1 add relu"),
            "const k::Vec t0 = i0 + i1;\n"
            "const k::Vec t1 = k::Relu(t0);\n"
            "return t1;\n");
}

TEST(ProgramTextTest, DupAndSwapOnlyRearrange) {
  EXPECT_EQ(BodyOf("i0 dup sigmoid mul"),
            "const k::Vec t0 = k::Sigmoid(i0);\n"
            "const k::Vec t1 = i0 * t0;\n"
            "return t1;\n");
  EXPECT_EQ(BodyOf("i0 i1 swap sub"),
            "const k::Vec t0 = i1 - i0;\n"
            "return t0;\n");
}

TEST(ProgramTextTest, NumbersAndParametersAreWrittenOut) {
  EXPECT_EQ(BodyOf("i0 #0.5 mul clip:-1:inf"),
            "const k::Vec t0 = i0 * k::Broadcast(0.5f);\n"
            "const k::Vec t1 = k::Clip(t0, -1.0f, __builtin_inff());\n"
            "return t1;\n");
}

TEST(ProgramTextTest, PowersThatAreCheaperOtherwiseAre) {
  EXPECT_EQ(BodyOf("i0 #2 pow"),
            "const k::Vec t0 = i0 * i0;\n"
            "return t0;\n");
  EXPECT_EQ(BodyOf("i0 #-0.5 pow"),
            "const k::Vec t0 = 1 / k::Sqrt(i0);\n"
            "return t0;\n");
  EXPECT_EQ(BodyOf("i0 i1 pow"),
            "const k::Vec t0 = k::Pow(i0, i1);\n"
            "return t0;\n");
}

TEST(ProgramTextTest, CostsAddUp) {
  const auto cheap = TranslateProgram("i0 i1 add relu");
  const auto dear = TranslateProgram("i0 i1 add tanh");

  ASSERT_TRUE(cheap && dear);
  EXPECT_EQ(cheap->operations, 2);
  EXPECT_LT(cheap->cost, dear->cost);
}

TEST(ProgramTextTest, AWordWithoutAVectorFormIsUnimplemented) {
  const auto text = TranslateProgram("i0 acosh");

  ASSERT_FALSE(text.has_value());
  EXPECT_EQ(text.error().code(), ErrorCode::kUnimplemented);
}

TEST(ProgramTextTest, AWrongProgramIsOurMistake) {
  for (const char* program : {"i0 add", "i0 i1", "i0 clip:x:1", "i0 #y add"}) {
    const auto text = TranslateProgram(program);
    ASSERT_FALSE(text.has_value()) << program;
    EXPECT_EQ(text.error().code(), ErrorCode::kInternal) << program;
  }
}

}  // namespace
}  // namespace skerry::compiler
