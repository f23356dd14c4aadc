#include "skerry/media/preprocess.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace skerry::media {
namespace {

using testing::ElementsAre;
using testing::FloatEq;
using testing::HasSubstr;

/// Two pixels: (10, 20, 30) and (40, 50, 60).
Image TwoPixels() { return {2, 1, 3, {10, 20, 30, 40, 50, 60}}; }

Tensor Prepare(const Image& image, const TensorType& type,
               const Preprocess& steps) {
  const Result<Tensor> tensor = PrepareImage(image, type, steps);
  EXPECT_TRUE(tensor) << tensor.error().message();
  return tensor ? *tensor : Tensor(type);
}

std::string PrepareError(const TensorType& type, const Preprocess& steps) {
  const Result<Tensor> tensor = PrepareImage(TwoPixels(), type, steps);
  return tensor ? "no error" : tensor.error().message();
}

TEST(PreprocessTest, ArrangesChannelsAsTheShapeSays) {
  const Tensor nchw =
      Prepare(TwoPixels(), {DataType::kUint8, {1, 3, 1, 2}}, {});
  const Tensor nhwc = Prepare(TwoPixels(), {DataType::kUint8, {1, 1, 2, 3}},
                              {.layout = Layout::kNhwc});
  const Tensor chw = Prepare(TwoPixels(), {DataType::kUint8, {3, 1, 2}}, {});

  EXPECT_THAT(nchw.data<std::uint8_t>(), ElementsAre(10, 40, 20, 50, 30, 60));
  EXPECT_THAT(nhwc.data<std::uint8_t>(), ElementsAre(10, 20, 30, 40, 50, 60));
  EXPECT_THAT(chw.data<std::uint8_t>(), ElementsAre(10, 40, 20, 50, 30, 60));
}

TEST(PreprocessTest, ReordersBeforeItSubtractsTheMean) {
  const Tensor tensor =
      Prepare(TwoPixels(), {DataType::kFloat32, {1, 3, 1, 2}},
              {.color = Color::kBgr, .mean = {30, 20, 10}, .std = {2, 1, 0.5}});

  EXPECT_THAT(tensor.data<float>(), ElementsAre(0, 15, 0, 30, 0, 60));
}

TEST(PreprocessTest, ScalesBeforeItSubtractsTheMean) {
  const Tensor tensor = Prepare(TwoPixels(), {DataType::kFloat32, {3, 1, 2}},
                                {.scale = 0.1, .mean = {1}, .std = {2}});

  EXPECT_THAT(tensor.data<float>(),
              ElementsAre(FloatEq(0), FloatEq(1.5F), FloatEq(0.5F), FloatEq(2),
                          FloatEq(1), FloatEq(2.5F)));
}

TEST(PreprocessTest, RoundsAndSaturatesIntegers) {
  const Tensor small = Prepare(TwoPixels(), {DataType::kInt8, {3, 1, 2}},
                               {.scale = 3.05, .mean = {128}});

  EXPECT_THAT(small.data<std::int8_t>(),
              ElementsAre(-98, -6, -67, 24, -36, 55));
  const Tensor large =
      Prepare(TwoPixels(), {DataType::kUint8, {3, 1, 2}}, {.scale = 10});
  EXPECT_THAT(large.data<std::uint8_t>(),
              ElementsAre(100, 255, 200, 255, 255, 255));
}

TEST(PreprocessTest, MakesGreyForInputsOfOneChannel) {
  const Tensor four =
      Prepare(TwoPixels(), {DataType::kUint8, {1, 1, 1, 2}}, {});
  const Tensor two = Prepare(TwoPixels(), {DataType::kUint8, {1, 2}}, {});

  EXPECT_THAT(four.data<std::uint8_t>(), ElementsAre(18, 48));
  EXPECT_THAT(two.data<std::uint8_t>(), ElementsAre(18, 48));
}

/// A grey image whose pixels tell their column.
Image Columns(int width, int height) {
  Image image = MakeImage(width, height, 1);
  for (std::size_t i = 0; i < image.pixels.size(); ++i) {
    image.pixels[i] =
        static_cast<std::uint8_t>(i % static_cast<std::size_t>(width));
  }
  return image;
}

TEST(PreprocessTest, CropTakesTheLargestCentredPartOfTheWantedAspect) {
  const Tensor tensor = Prepare(Columns(8, 2), {DataType::kUint8, {2, 2}},
                                {.resize = ResizeMode::kCrop});

  EXPECT_THAT(tensor.data<std::uint8_t>(), ElementsAre(3, 4, 3, 4));
}

TEST(PreprocessTest, ShortestResizesThenCutsOutTheCentre) {
  const Tensor tensor =
      Prepare(Columns(9, 4), {DataType::kUint8, {2, 2}},
              {.resize = ResizeMode::kShortest, .short_side = 4});

  // 7 columns are left over; 3.5 rounds to 4.
  EXPECT_THAT(tensor.data<std::uint8_t>(), ElementsAre(4, 5, 4, 5));
}

TEST(PreprocessTest, LetterboxFillsWhatThePhotoLeaves) {
  const Image image{2, 1, 1, {5, 6}};
  const TensorType type{DataType::kUint8, {4, 2}};

  const Tensor centred =
      Prepare(image, type, {.resize = ResizeMode::kLetterbox, .pad_value = 9});
  const Tensor top = Prepare(image, type,
                             {.resize = ResizeMode::kLetterbox,
                              .anchor = Anchor::kTopLeft,
                              .pad_value = 9});

  EXPECT_THAT(centred.data<std::uint8_t>(),
              ElementsAre(9, 9, 9, 9, 5, 6, 9, 9));
  EXPECT_THAT(top.data<std::uint8_t>(), ElementsAre(5, 6, 9, 9, 9, 9, 9, 9));
}

TEST(PreprocessTest, NamesWhatDoesNotFit) {
  const TensorType color{DataType::kFloat32, {1, 3, 4, 4}};

  EXPECT_THAT(PrepareError({DataType::kFloat32, {2, 3, 4, 4}}, {}),
              HasSubstr("does not take one image"));
  EXPECT_THAT(PrepareError({DataType::kFloat32, {1, 5, 4, 4}}, {}),
              HasSubstr("no 1 or 3 channels"));
  EXPECT_THAT(PrepareError({DataType::kFloat32, {1, 3, 4, 3}}, {}),
              HasSubstr("say which (layout)"));
  EXPECT_THAT(PrepareError(color, {.layout = Layout::kNhwc}),
              HasSubstr("no 1 or 3 channels"));
  EXPECT_THAT(PrepareError({DataType::kBool, {1, 3, 4, 4}}, {}),
              HasSubstr("an element type that images do not have"));
  EXPECT_THAT(PrepareError(color, {.color = Color::kGray}),
              HasSubstr("color has 1 channels, the input 3"));
  EXPECT_THAT(PrepareError(color, {.size = ImageSize{5, 4}}),
              HasSubstr("size is 4x5, the input takes 4x4"));
  EXPECT_THAT(PrepareError(color, {.mean = {1, 2}}),
              HasSubstr("mean has 2 values, want 1 or 3"));
  EXPECT_THAT(PrepareError(color, {.std = {0}}), HasSubstr("std is 0"));
  EXPECT_THAT(
      PrepareError(color, {.resize = ResizeMode::kShortest, .short_side = 3}),
      HasSubstr("short side of 3 is less"));
}

}  // namespace
}  // namespace skerry::media
