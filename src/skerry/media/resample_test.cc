#include "skerry/media/resample.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "skerry/media/npy.h"
#include "skerry/media/test_files.h"

namespace skerry::media {
namespace {

using testing::ElementsAre;

struct Case {
  int height;
  int width;
};

class ResizeTest : public testing::TestWithParam<Case> {
 protected:
  static Image Source() {
    const Result<Image> image = DecodeImage(ReadTestFile("images/rgb.png"));
    EXPECT_TRUE(image);
    return *image;
  }

  /// What Pillow makes of the source.
  static std::vector<std::uint8_t> Expected(const std::string& filter) {
    const std::string name = "images/resize_" +
                             std::to_string(GetParam().height) + "x" +
                             std::to_string(GetParam().width) + "_" + filter;
    const Result<Tensor> tensor = ReadNpy(ReadTestFile(name + ".npy"));
    EXPECT_TRUE(tensor);
    const auto pixels = tensor->data<std::uint8_t>();
    return {pixels.begin(), pixels.end()};
  }
};

TEST_P(ResizeTest, BilinearGivesThePixelsThatPillowGives) {
  const Image image = Resize(Source(), GetParam().width, GetParam().height,
                             Interpolation::kBilinear);

  EXPECT_EQ(image.pixels, Expected("bilinear"));
}

TEST_P(ResizeTest, NearestGivesThePixelsThatPillowGives) {
  const Image image = Resize(Source(), GetParam().width, GetParam().height,
                             Interpolation::kNearest);

  EXPECT_EQ(image.pixels, Expected("nearest"));
}

INSTANTIATE_TEST_SUITE_P(Sizes, ResizeTest,
                         testing::Values(Case{7, 9}, Case{31, 40}, Case{5, 23},
                                         Case{17, 50}),
                         [](const auto& test) {
                           return std::to_string(test.param.height) + "x" +
                                  std::to_string(test.param.width);
                         });

TEST(ResizeTest, AveragesAllThatAPixelCovers) {
  const Image image{4, 1, 1, {0, 100, 200, 100}};

  const Image half = Resize(image, 1, 1, Interpolation::kBilinear);

  EXPECT_THAT(half.pixels, ElementsAre(108));  // weights 5 7 7 5 of 24
}

TEST(CropTest, TakesThePartThatIsAskedFor) {
  const Image image{3, 2, 1, {1, 2, 3, 4, 5, 6}};

  EXPECT_EQ(Crop(image, 1, 0, 2, 2), (Image{2, 2, 1, {2, 3, 5, 6}}));
}

}  // namespace
}  // namespace skerry::media
