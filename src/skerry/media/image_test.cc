#include "skerry/media/image.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <string>

#include "skerry/media/exif.h"
#include "skerry/media/npy.h"
#include "skerry/media/test_files.h"

namespace skerry::media {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr DecodeOptions kAsStored = {.orientation = Orientation::kIgnore};

std::vector<std::byte> ImageFile(const std::string& name) {
  return ReadTestFile("images/" + name);
}

/// What Pillow decodes `name` to.
std::vector<std::uint8_t> ExpectedPixels(const std::string& name) {
  const Result<Tensor> tensor = ReadNpy(ImageFile(name + ".npy"));
  EXPECT_TRUE(tensor);
  const auto pixels = tensor->data<std::uint8_t>();
  return {pixels.begin(), pixels.end()};
}

class DecodeImageTest : public testing::TestWithParam<const char*> {};

TEST_P(DecodeImageTest, GivesThePixelsThatPillowGives) {
  const Result<Image> image = DecodeImage(ImageFile(GetParam()), kAsStored);

  ASSERT_TRUE(image) << image.error().message();
  EXPECT_EQ(image->width, 23);
  EXPECT_EQ(image->height, 17);
  EXPECT_EQ(image->pixels, ExpectedPixels(GetParam()));
}

TEST_P(DecodeImageTest, RefusesEveryTruncation) {
  const std::vector<std::byte> file = ImageFile(GetParam());

  // The last 12 bytes are PNG's empty end chunk; the last 2 JPEG's end mark.
  for (std::size_t size = 0; size + 12 < file.size(); size += 3) {
    EXPECT_FALSE(DecodeImage(std::span(file).first(size))) << size;
  }
}

TEST_P(DecodeImageTest, SurvivesEveryChangedByte) {
  std::vector<std::byte> file = ImageFile(GetParam());

  for (std::size_t i = 0; i < file.size(); ++i) {
    file[i] ^= std::byte{0x55};
    const Result<Image> image = DecodeImage(file, {.pixel_count_max = 1 << 16});
    if (image) {
      EXPECT_EQ(image->pixels.size(),
                image->row_bytes() * static_cast<std::size_t>(image->height));
    }
    file[i] ^= std::byte{0x55};
  }
}

INSTANTIATE_TEST_SUITE_P(Files, DecodeImageTest,
                         testing::Values("rgb.jpg", "progressive.jpg",
                                         "grey.jpg", "cmyk.jpg", "turned.jpg",
                                         "rgb.png", "grey.png", "palette.png",
                                         "bits.png", "alpha.png", "wide.png"),
                         [](const auto& test) {
                           std::string name = test.param;
                           name[name.find('.')] = '_';
                           return name;
                         });

TEST(ImageTest, TurnsPhotosUprightAsTheirExifDataSays) {
  const Result<Image> stored = DecodeImage(ImageFile("turned.jpg"), kAsStored);
  const Result<Image> upright = DecodeImage(ImageFile("turned.jpg"));

  ASSERT_TRUE(stored && upright);
  EXPECT_EQ(upright->width, stored->height);
  EXPECT_EQ(upright->height, stored->width);
  // A quarter turn clockwise: the stored bottom left comes to the top left.
  EXPECT_EQ(std::memcmp(upright->row(0).data(), stored->row(16).data(), 3), 0);
}

TEST(ImageTest, UprightUndoesEachOfTheEightOrientations) {
  const Image image{2, 3, 1, {1, 2, 3, 4, 5, 6}};
  const std::array<std::vector<std::uint8_t>, 9> want = {{
      {},
      {1, 2, 3, 4, 5, 6},
      {2, 1, 4, 3, 6, 5},
      {6, 5, 4, 3, 2, 1},
      {5, 6, 3, 4, 1, 2},
      {1, 3, 5, 2, 4, 6},
      {5, 3, 1, 6, 4, 2},
      {6, 4, 2, 5, 3, 1},
      {2, 4, 6, 1, 3, 5},
  }};

  for (int orientation = 1; orientation <= 8; ++orientation) {
    EXPECT_EQ(Upright(image, orientation).pixels,
              want[static_cast<std::size_t>(orientation)])
        << orientation;
  }
}

TEST(ImageTest, RefusesImagesBeyondTheLimitBeforeDecoding) {
  const Result<Image> jpeg =
      DecodeImage(ImageFile("rgb.jpg"), {.pixel_count_max = 390});
  const Result<Image> png =
      DecodeImage(ImageFile("rgb.png"), {.pixel_count_max = 390});

  ASSERT_FALSE(jpeg || png);
  EXPECT_EQ(jpeg.error().message(), "image has 23x17 pixels, limit is 390");
  EXPECT_EQ(png.error().message(), "image has 23x17 pixels, limit is 390");
}

TEST(ImageTest, RefusesOtherKindsOfFile) {
  const Result<Image> image = DecodeImage(ReadTestFile("arrays/scalar.npy"));

  ASSERT_FALSE(image);
  EXPECT_THAT(image.error().message(), HasSubstr("neither a JPEG nor a PNG"));
}

TEST(ImageTest, GreyIsLuma) {
  const Image image{3, 1, 3, {255, 0, 0, 0, 255, 0, 10, 20, 30}};

  EXPECT_THAT(ToGrey(image).pixels, ElementsAre(76, 150, 18));
  EXPECT_THAT(ToRgb(ToGrey(image)).pixels,
              ElementsAre(76, 76, 76, 150, 150, 150, 18, 18, 18));
}

}  // namespace
}  // namespace skerry::media
