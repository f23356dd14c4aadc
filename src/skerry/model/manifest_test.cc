#include "skerry/model/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace skerry {
namespace {

using ::testing::HasSubstr;

Manifest FullManifest() {
  Manifest manifest;
  manifest.model_name = "mobilenet v2";
  manifest.compiler = "skerry 0.1.0";
  manifest.source_digest = "sha256:5f3c";
  manifest.target = "x86-64-v3";
  manifest.architecture = "x86_64";
  manifest.cpu_features = {"avx2", "fma"};
  manifest.arena_bytes = 1 << 20;
  manifest.scratch_bytes = 4096;
  manifest.weight_bytes = 13951808;
  manifest.inputs = {{"image", {DataType::kFloat32, {1, 3, 224, 224}}}};
  manifest.outputs = {{"scores", {DataType::kFloat32, {1, 1000}}},
                      {"count", {DataType::kInt64, {}}}};
  manifest.layers = {
      {"conv 1",
       "Conv+Clip",
       "direct 14x32",
       {DataType::kFloat32, {1, 8, 8, 32}},
       21676032,
       2218496,
       64},
      {"", "Softmax", "", {DataType::kFloat32, {1, 1000}}, 4000, 8000, -1}};
  return manifest;
}

std::string ErrorOf(std::string_view text) {
  const Result<Manifest> manifest = ParseManifest(text);
  return manifest ? "none" : manifest.error().message();
}

// The sample's text with `from` replaced by `to`.
std::string Changed(std::string_view from, std::string_view to) {
  std::string text = PrintManifest(FullManifest());
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos);
  return text.replace(at, from.size(), to);
}

TEST(ManifestTest, PrintsOneKeyPerLine) {
  EXPECT_EQ(PrintManifest(FullManifest()),
            "skerry-manifest 1\n"
            "model mobilenet%20v2\n"
            "compiler skerry%200.1.0\n"
            "source sha256:5f3c\n"
            "target x86-64-v3\n"
            "architecture x86_64\n"
            "cpu_features avx2 fma\n"
            "arena_bytes 1048576\n"
            "scratch_bytes 4096\n"
            "weight_bytes 13951808\n"
            "input image float32[1,3,224,224]\n"
            "output scores float32[1,1000]\n"
            "output count int64[]\n"
            "layer conv%201 Conv+Clip direct%2014x32 float32[1,8,8,32] "
            "21676032 2218496 64\n"
            "layer % Softmax % float32[1,1000] 4000 8000 -1\n");
}

TEST(ManifestTest, ParsesWhatItPrints) {
  const Result<Manifest> parsed = ParseManifest(PrintManifest(FullManifest()));

  ASSERT_TRUE(parsed) << parsed.error().message();
  EXPECT_EQ(*parsed, FullManifest());
}

TEST(ManifestTest, KeepsNamesOfAnyBytes) {
  Manifest manifest = FullManifest();
  manifest.cpu_features.clear();
  manifest.inputs[0].name = std::string("a b\n%\0\x7F\xC3\xA9", 9);

  const Result<Manifest> parsed = ParseManifest(PrintManifest(manifest));

  ASSERT_TRUE(parsed) << parsed.error().message();
  EXPECT_EQ(*parsed, manifest);
}

TEST(ManifestTest, NamesTheLineThatIsWrong) {
  EXPECT_EQ(ErrorOf(Changed("arena_bytes 1048576", "arena_bytes many")),
            "manifest line 8: want an integer, found 'many'");
  EXPECT_EQ(ErrorOf(Changed("target", "tarjet")),
            "manifest line 5: want 'target', found 'tarjet'");
}

TEST(ManifestTest, RefusesAnotherVersion) {
  const Result<Manifest> parsed =
      ParseManifest(Changed("manifest 1", "manifest 2"));

  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().code(), ErrorCode::kFailedPrecondition);
  EXPECT_EQ(parsed.error().message(),
            "manifest version is 2, this program reads 1");
}

TEST(ManifestTest, RefusesEveryTruncationInsideALine) {
  const std::string text = PrintManifest(FullManifest());

  for (std::size_t count = 0; count < text.size(); ++count) {
    if (count > 0 && text[count - 1] == '\n') continue;
    EXPECT_FALSE(ParseManifest(text.substr(0, count))) << count;
  }
}

TEST(ManifestTest, RefusesASecondSpellingOfTheSame) {
  EXPECT_THAT(ErrorOf(Changed(" 4096", " 04096")), HasSubstr("an integer"));
  EXPECT_THAT(ErrorOf(Changed(" 4096", " +4096")), HasSubstr("an integer"));
  EXPECT_THAT(ErrorOf(Changed(" 4096", "  4096")), HasSubstr("an integer"));
  EXPECT_THAT(ErrorOf(Changed(" 4096", " 4096 ")), HasSubstr("the end"));
  EXPECT_THAT(ErrorOf(Changed("image", "%69mage")), HasSubstr("a percent"));
  EXPECT_THAT(ErrorOf(Changed("%20v2", "%2")), HasSubstr("a percent"));
  EXPECT_THAT(ErrorOf(Changed("fma\n", "fma \n")), HasSubstr("a percent"));
  EXPECT_THAT(ErrorOf(Changed("[1,8", "[01,8")), HasSubstr("a type"));
}

TEST(ManifestTest, RefusesBadTypes) {
  for (const std::string_view bad :
       {"float33[1]", "float32", "float32[", "float32[1,]", "float32[-1]",
        "float32[1][2]", "float32[1,1,1,1,1,1,1,1,1]",
        "float32[1099511627776,1099511627776]"}) {
    EXPECT_THAT(ErrorOf(Changed("float32[1,3,224,224]", bad)),
                HasSubstr("want a type"))
        << bad;
  }
}

TEST(ManifestTest, RefusesSizesOverTheLimit) {
  EXPECT_EQ(
      ErrorOf(Changed("scratch_bytes 4096", "scratch_bytes 1099511627777")),
      "scratch_bytes is 1099511627777, limit is 1099511627776");
  EXPECT_THAT(ErrorOf(Changed(" 4096", " 18446744073709551616")),
              HasSubstr("an integer"));
}

TEST(ManifestTest, RefusesALayerThatLeavesTheArena) {
  EXPECT_EQ(ErrorOf(Changed(" 64\n", " 1048576\n")),
            "layer 'conv%201': its output, 8192 bytes at 1048576, leaves the "
            "arena of 1048576 bytes");
  EXPECT_THAT(ErrorOf(Changed(" 64\n", " -2\n")), HasSubstr("negative"));
  EXPECT_THAT(ErrorOf(Changed(" 64\n", " 9223372036854775807\n")),
              HasSubstr("leaves the arena"));
}

TEST(ManifestTest, RefusesTwoOutputsOfOneName) {
  EXPECT_EQ(ErrorOf(Changed("output count", "output scores")),
            "two outputs are named 'scores'");
}

}  // namespace
}  // namespace skerry
