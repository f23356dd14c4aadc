#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "skerry/cloud/jobs/compiler_options.h"
#include "skerry/cloud/jobs/input_config.h"
#include "skerry/cloud/jobs/literal.h"
#include "skerry/cloud/jobs/neo_target.h"

namespace skerry::cloud {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(LiteralTest, PythonBecomesJson) {
  EXPECT_EQ(*LiteralToJson("{'data': [1, 3, -2.5e3,], \"x\": (True, None)}"),
            R"({"data":[1,3,-2.5e3],"x":[true,null]})");
  EXPECT_EQ(*LiteralToJson(R"('say "it\'s"\n')"), R"("say \"it's\"\n")");
  EXPECT_EQ(*LiteralToJson(" {} "), "{}");
}

TEST(LiteralTest, WhatIsWrongIsSaid) {
  for (const char* const text :
       {"", "{", "{'a' 1}", "[1 2]", "{a: 1}", "{'a': 1} x", "'open", "01",
        "\"\\x41\"", "\"\\u12\"", "nan", "[1,,2]", "{'a': 1, 'a': 2}"}) {
    const auto json = LiteralToJson(text);
    EXPECT_FALSE(json) << text << " gave " << *json;
  }
  EXPECT_THAT(LiteralToJson("[1; 2]").error().message(),
              HasSubstr("at byte 2: got '; 2]', want ',' or ']'"));
  EXPECT_FALSE(LiteralToJson(std::string(100000, '[')));
}

TEST(InputConfigTest, EveryFormIsRead) {
  const InputShape data{"data", {1, 3, 224, 224}};
  for (const char* const text :
       {R"({"data": [1, 3, 224, 224]})", "{'data':[1,3,224,224]}",
        R"({"data": {"shape": [1, 3, 224, 224]}})",
        R"({"data": {"shape": [1, 3, 224, 224], "type": "Tensor"}})"}) {
    const auto shapes = ParseDataInputConfig(text);
    ASSERT_TRUE(shapes) << text << ": " << shapes.error().message();
    EXPECT_THAT(*shapes, ElementsAre(data)) << text;
  }
  EXPECT_THAT(
      *ParseDataInputConfig("[[1, 3], [2]]"),
      ElementsAre(InputShape{"input0", {1, 3}}, InputShape{"input1", {2}}));
  EXPECT_THAT(*ParseDataInputConfig("[{'shape': [1, 3]}]"),
              ElementsAre(InputShape{"input0", {1, 3}}));
}

TEST(InputConfigTest, InputsKeepTheirOrder) {
  EXPECT_THAT(*ParseDataInputConfig("{'z': [1], 'a': [2]}"),
              ElementsAre(InputShape{"z", {1}}, InputShape{"a", {2}}));
}

TEST(InputConfigTest, OpenDimensionsAreRefusedAsSuch) {
  for (const char* const text :
       {"{'x': [None, 3]}", "{\"x\": [-1, 3]}", "{\"x\": [\"1..10\", 3]}",
        "{\"x\": {\"shape\": [[1, 3], [2, 3]]}}",
        "{\"x\": {\"shape\": [1], \"type\": \"Image\"}}"}) {
    const auto shapes = ParseDataInputConfig(text);
    ASSERT_FALSE(shapes) << text;
    EXPECT_EQ(shapes.error().code(), ErrorCode::kUnimplemented) << text;
  }
  EXPECT_THAT(ParseDataInputConfig("{'x': [None, 3]}").error().message(),
              HasSubstr("state each dimension as a number"));
}

TEST(InputConfigTest, WhatIsWrongIsSaid) {
  for (const char* const text :
       {"{}", "[]", "3", "'x'", "[1, 3, 224, 224]", "{'x': []}", "{'x': 3}",
        "{'x': [0]}", "{'x': [1.5]}", "{'x': [99999999999]}", "{'': [1]}",
        "{'x': {}}", "{\"\xff\": [1]}", "{'x': [1,1,1,1,1,1,1,1,1]}"}) {
    const auto shapes = ParseDataInputConfig(text);
    ASSERT_FALSE(shapes) << text;
    EXPECT_EQ(shapes.error().code(), ErrorCode::kInvalidArgument) << text;
  }
}

TEST(InputConfigTest, WhatIsPrintedIsReadAgain) {
  const std::vector<InputShape> shapes = {{"a \"b\"", {1, 2}}, {"c", {3}}};

  EXPECT_EQ(*ParseDataInputConfig(PrintDataInputConfig(shapes)), shapes);
}

TEST(CompilerOptionsTest, SupportedOptionsAreRead) {
  const auto options = ParseCompilerOptions(
      "{'mcpu': 'cortex-a76', 'mattr': ['+neon'], 'dtype': 'int64', "
      "'self_check': False, 'data_digest': 'sha256:ab'}");

  ASSERT_TRUE(options) << options.error().message();
  EXPECT_EQ(options->cpu, "cortex-a76");
  EXPECT_EQ(options->input_type, "int64");
  EXPECT_FALSE(options->self_check);
  EXPECT_EQ(options->data_digest, "sha256:ab");
}

TEST(CompilerOptionsTest, WhatIsNotSupportedIsRefusedInWords) {
  const auto words = [](const char* text) {
    const auto options = ParseCompilerOptions(text);
    return options ? "taken" : options.error().message();
  };
  EXPECT_THAT(words(R"({"dtype": "int8"})"),
              HasSubstr("the compiler does not quantise; a model that is "
                        "quantised already"));
  EXPECT_THAT(words(R"({"gpu-code": "sm_72"})"), HasSubstr("NVIDIA"));
  EXPECT_THAT(words(R"({"ANDROID_PLATFORM": 28})"), HasSubstr("Android"));
  EXPECT_THAT(words(R"({"mattr": ["+vfpv4"]})"), HasSubstr("mcpu"));
  EXPECT_THAT(words(R"({"mcpu": "native"})"), HasSubstr("name the CPU"));
  EXPECT_THAT(words(R"({"mcpu": "-Xclang"})"), HasSubstr("want a CPU's name"));
  EXPECT_THAT(words(R"({"mcpu": "a b"})"), HasSubstr("want a CPU's name"));
  EXPECT_THAT(words(R"({"shiny": 1})"), HasSubstr("supported are \"mcpu\""));
  EXPECT_THAT(words("--verbose 1"), HasSubstr("supported are"));
  EXPECT_THAT(words("[1]"), HasSubstr("want an object"));
}

// Every value of TargetDevice in the API.
constexpr const char* kTargetDevices[] = {
    "lambda",       "ml_m4",         "ml_m5",      "ml_m6g",
    "ml_c4",        "ml_c5",         "ml_c6g",     "ml_p2",
    "ml_p3",        "ml_g4dn",       "ml_inf1",    "ml_inf2",
    "ml_trn1",      "ml_eia2",       "jetson_tx1", "jetson_tx2",
    "jetson_nano",  "jetson_xavier", "rasp3b",     "rasp4b",
    "imx8qm",       "deeplens",      "rk3399",     "rk3288",
    "aisage",       "sbe_c",         "qcs605",     "qcs603",
    "sitara_am57x", "amba_cv2",      "amba_cv22",  "amba_cv25",
    "x86_win32",    "x86_win64",     "coreml",     "jacinto_tda4vm",
    "imx8mplus"};

TEST(NeoTargetTest, EveryDeviceIsCompiledForOrRefusedInWords) {
  std::set<std::string> known;
  for (const NeoDevice& device : NeoDevices()) known.emplace(device.name);
  EXPECT_EQ(known.size(), std::size(kTargetDevices));
  for (const std::string name : kTargetDevices) {
    EXPECT_TRUE(known.contains(name)) << name;
    const auto target = FindNeoTarget({.device = name});
    if (target) {
      EXPECT_EQ(target->label, name);
      EXPECT_NE(target->compiler_target, "");
      EXPECT_TRUE(target->architecture == "x86_64" ||
                  target->architecture == "aarch64");
    } else {
      EXPECT_EQ(target.error().code(), ErrorCode::kUnimplemented) << name;
      EXPECT_THAT(target.error().message(), HasSubstr("TargetDevice " + name));
      EXPECT_GT(target.error().message().size(), 60U) << "says what to do";
    }
  }
  EXPECT_EQ(FindNeoTarget({.device = "toaster"}).error().code(),
            ErrorCode::kInvalidArgument);
}

TEST(NeoTargetTest, EveryPlatformIsCompiledForOrRefusedInWords) {
  int compiled = 0;
  for (const char* const os : {"ANDROID", "LINUX"}) {
    for (const char* const arch :
         {"X86_64", "X86", "ARM64", "ARM_EABI", "ARM_EABIHF"}) {
      for (const char* const accelerator :
           {"", "INTEL_GRAPHICS", "MALI", "NVIDIA", "NNA"}) {
        const auto target =
            FindNeoTarget({.os = os, .arch = arch, .accelerator = accelerator});
        if (target) {
          ++compiled;
        } else {
          EXPECT_EQ(target.error().code(), ErrorCode::kUnimplemented);
        }
      }
    }
  }
  EXPECT_EQ(compiled, 2);
  EXPECT_EQ(FindNeoTarget({.os = "LINUX", .arch = "ARM64"})->label,
            "LINUX_ARM64");
  EXPECT_EQ(FindNeoTarget({.os = "LINUX", .arch = "X86_64"})->compiler_target,
            "x86-64-v3");
  const auto nvidia =
      FindNeoTarget({.os = "LINUX", .arch = "ARM64", .accelerator = "NVIDIA"});
  EXPECT_THAT(nvidia.error().message(),
              HasSubstr("TargetPlatform LINUX_ARM64_NVIDIA: models for NVIDIA "
                        "GPUs are not made; TargetPlatform {\"Os\": "
                        "\"LINUX\""));
  EXPECT_FALSE(FindNeoTarget({}));
}

}  // namespace
}  // namespace skerry::cloud
