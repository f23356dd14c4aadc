#include "preprocess_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace skerry::cli {
namespace {

using testing::DoubleEq;
using testing::ElementsAre;
using testing::HasSubstr;

std::string ErrorOf(const std::string& file, const PreprocessValues& flags) {
  const auto steps = ReadPreprocess(file, flags);
  return steps ? "no error" : steps.error().message();
}

TEST(PreprocessOptionsTest, ReadsEveryKeyOfASidecar) {
  const auto steps = ReadPreprocess(R"(
# MobileNet
size: 224x200
resize: letterbox
anchor: top-left
pad_value: 114
interpolation: nearest
color: bgr
scale: 1/255
mean: [0.485, 0.456, 0.406]
std: 0.5
layout: nhwc
orientation: ignore
)",
                                    {});

  ASSERT_TRUE(steps) << steps.error().message();
  ASSERT_TRUE(steps->size);
  EXPECT_EQ(steps->size->height, 224);
  EXPECT_EQ(steps->size->width, 200);
  EXPECT_EQ(steps->resize, media::ResizeMode::kLetterbox);
  EXPECT_EQ(steps->anchor, media::Anchor::kTopLeft);
  EXPECT_EQ(steps->pad_value, 114);
  EXPECT_EQ(steps->interpolation, media::Interpolation::kNearest);
  EXPECT_EQ(steps->color, media::Color::kBgr);
  EXPECT_THAT(steps->scale, DoubleEq(1.0 / 255));
  EXPECT_THAT(steps->mean, ElementsAre(0.485, 0.456, 0.406));
  EXPECT_THAT(steps->std, ElementsAre(0.5));
  EXPECT_EQ(steps->layout, media::Layout::kNhwc);
  EXPECT_EQ(steps->orientation, media::Orientation::kIgnore);
}

TEST(PreprocessOptionsTest, FlagsWinOverTheSidecar) {
  const auto steps = ReadPreprocess(
      "resize: crop\nmean: 3\n", {{"resize_short", "300"}, {"mean", "1,2,3"}});

  ASSERT_TRUE(steps);
  EXPECT_EQ(steps->resize, media::ResizeMode::kShortest);
  EXPECT_EQ(steps->short_side, 300);
  EXPECT_THAT(steps->mean, ElementsAre(1, 2, 3));
}

TEST(PreprocessOptionsTest, AnEmptySidecarChangesNothing) {
  const auto steps = ReadPreprocess("# nothing\n", {});

  ASSERT_TRUE(steps);
  EXPECT_FALSE(steps->color);
}

TEST(PreprocessOptionsTest, RefusesUnknownAndRepeatedKeysWithTheirLine) {
  EXPECT_THAT(ErrorOf("scale: 1\nmeen: 2\n", {}),
              HasSubstr("line 2: unknown key 'meen', want one of size, "));
  EXPECT_THAT(ErrorOf("scale: 1\nmean: 2\nscale: 3\n", {}),
              HasSubstr("line 3: key 'scale' is there twice"));
}

TEST(PreprocessOptionsTest, RefusesValuesThatDoNotFitWithTheirLine) {
  EXPECT_THAT(ErrorOf("color: cmyk\n", {}),
              HasSubstr("line 1: color is 'cmyk', want one of rgb, bgr, gray"));
  EXPECT_THAT(ErrorOf("size: 224\n", {}), HasSubstr("want HEIGHTxWIDTH"));
  EXPECT_THAT(ErrorOf("\nmean: [1, 2]\n", {}),
              HasSubstr("line 2: mean is '1,2', want 1 or 3 numbers"));
  EXPECT_THAT(ErrorOf("mean: {a: 1}\n", {}),
              HasSubstr("mean is neither a value nor a list"));
  EXPECT_THAT(ErrorOf("pad_value: 256\n", {}),
              HasSubstr("want an integer of 0 to 255"));
  EXPECT_THAT(ErrorOf("scale: 1/0\n", {}), HasSubstr("divides by 0"));
  EXPECT_THAT(ErrorOf("scale: nan\n", {}), HasSubstr("want a number"));
}

TEST(PreprocessOptionsTest, RefusesWhatIsNoMapOfSettings) {
  EXPECT_THAT(ErrorOf("just words\n", {}), HasSubstr("want a map"));
  EXPECT_THAT(ErrorOf("a: [1\nb: 2\n", {}), HasSubstr("line "));
}

TEST(PreprocessOptionsTest, NamesTheFlagThatIsWrong) {
  EXPECT_THAT(ErrorOf("", {{"resize", "fit"}}),
              HasSubstr("resize: is 'fit', want one of stretch"));
}

}  // namespace
}  // namespace skerry::cli
