#include "skerry/kernels/reference/elementwise_program.h"

#include <gtest/gtest.h>

#include <charconv>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>

namespace skerry::kernels::reference {
namespace {

bool Parses(std::string_view text) {
  Program program;
  return ParseProgram(text.data(), static_cast<i64>(text.size()), &program);
}

f32 Result(std::string_view text, f32 i0, f32 i1 = 0) {
  Program program;
  EXPECT_TRUE(
      ParseProgram(text.data(), static_cast<i64>(text.size()), &program))
      << text;
  const f32 inputs[] = {i0, i1};
  return RunProgram(program, inputs);
}

TEST(ElementwiseProgramTest, WordsTakeTheirOperandsInTheOrderOfPushing) {
  EXPECT_EQ(Result("i0 i1 sub", 5, 3), 2);
  EXPECT_EQ(Result("i0 i1 swap sub", 5, 3), -2);
  EXPECT_EQ(Result("i0 i1 div", 6, 3), 2);
  EXPECT_EQ(Result("i0 i1 pow", 2, 10), 1024);
  EXPECT_EQ(Result("i0 dup mul i1 add", 3, 1), 10);
}

TEST(ElementwiseProgramTest, ParametersFollowTheNameOfAFunction) {
  EXPECT_EQ(Result("i0 clip:0:6", 7), 6);
  EXPECT_EQ(Result("i0 clip:-inf:inf", 7), 7);
  EXPECT_EQ(Result("i0 leakyrelu:0.5", -4), -2);
  EXPECT_EQ(Result("i0 hardsigmoid:0.2:0.5", 1), 0.7f);
}

TEST(ElementwiseProgramTest, NumbersAreReadAsTheyAreWritten) {
  EXPECT_EQ(Result("#-1e-05", 0), -1e-05f);
  EXPECT_EQ(Result("#3.4028235e+38", 0), 3.4028235e+38f);
  EXPECT_EQ(Result("#1e-45", 0), 1e-45f);
  std::mt19937 random(3);
  for (int i = 0; i < 20000; ++i) {
    const f32 value =
        __builtin_bit_cast(f32, static_cast<std::uint32_t>(random()));
    if (value != value) continue;
    char text[32] = "#";
    const auto end = std::to_chars(text + 1, text + sizeof(text), value).ptr;
    ASSERT_EQ(Result({text, end}, 0), value) << text;
  }
}

TEST(ElementwiseProgramTest, MinAndMaxOfNotANumberAreNotANumber) {
  const f32 nan = __builtin_nanf("");
  for (const char* text : {"i0 i1 min", "i0 i1 max"}) {
    EXPECT_NE(Result(text, nan, 1), Result(text, nan, 1));
    EXPECT_NE(Result(text, 1, nan), Result(text, 1, nan));
  }
}

TEST(ElementwiseProgramTest, TextsThatAreNoProgramAreRefused) {
  for (const char* text : {"",
                           " ",
                           "i0 ",
                           " i0",
                           "i0  relu",
                           "add",
                           "i0 add",
                           "i0 i1",
                           "i0 relu:1",
                           "i0 clip:0",
                           "i0 clip:0:1:2",
                           "i0 clip:a:b",
                           "#",
                           "#-",
                           "#1e",
                           "#1e+",
                           "#1.2.3",
                           "#nan",
                           "i",
                           "i99",
                           "ix",
                           "i0 nosuch",
                           "i0 relux",
                           "i0 rel",
                           "#1e999"}) {
    EXPECT_FALSE(Parses(text)) << "'" << text << "'";
  }
}

TEST(ElementwiseProgramTest, LimitsOnWordsAndStackAreHeld) {
  std::string words = "i0";
  for (int i = 1; i < kProgramWordsMax; ++i) words += " relu";
  EXPECT_TRUE(Parses(words));
  EXPECT_FALSE(Parses(words + " relu"));

  std::string deep = "i0";
  for (int i = 1; i < kProgramStackMax; ++i) deep += " dup";
  std::string flat = deep;
  for (int i = 1; i < kProgramStackMax; ++i) flat += " add";
  EXPECT_EQ(Result(flat, 1), kProgramStackMax);
  EXPECT_FALSE(Parses(deep + " dup" + flat.substr(deep.size()) + " add"));
}

TEST(ElementwiseProgramTest, ParsingWorksAtCompileTime) {
  constexpr int kStackMax = [] {
    Program program;
    return ParseProgram("i0 i1 i2 mul add", 16, &program) ? program.stack_max
                                                          : -1;
  }();

  EXPECT_EQ(kStackMax, 3);
}

TEST(FunctionsTest, AFunctionIsFoundByItsOnnxNameInEitherCase) {
  EXPECT_EQ(FindFunction("HardSwish", 9), Function::kHardSwish);
  EXPECT_EQ(FindFunction("hardswish", 9), Function::kHardSwish);
  EXPECT_EQ(FindFunction("Tan", 3), Function::kTan);
  EXPECT_EQ(FindFunction("HardSwish", 4), Function::kNone);
  EXPECT_EQ(FindFunction("", 0), Function::kNone);
}

}  // namespace
}  // namespace skerry::kernels::reference
