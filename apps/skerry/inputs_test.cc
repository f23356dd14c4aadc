#include "inputs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "skerry/media/npy.h"
#include "skerry/platform/file.h"
#include "skerry/platform/temp_directory.h"

namespace skerry::cli {
namespace {

using testing::HasSubstr;

const std::string kData = SKERRY_SOURCE_DIR "/tests/data/";

class InputsTest : public testing::Test {
 protected:
  /// Writes a float tensor as a .npy file and gives its path.
  std::string Write(const std::string& name, const Tensor& tensor) {
    const std::string path = folder_->Join(name);
    EXPECT_TRUE(platform::WriteFile(
        path, media::WriteNpy(tensor.type(), tensor.bytes())));
    return path;
  }

  std::string ErrorOf(const std::vector<TensorSpec>& specs,
                      const std::vector<std::string>& arguments) {
    const auto inputs = LoadInputs(specs, arguments, {});
    return inputs ? "no error" : inputs.error().message();
  }

  Result<platform::TempDirectory> folder_ =
      platform::TempDirectory::Create("inputs_test");
  const Tensor pair_ = Tensor::Of<float>({2}, {1, 2});
  const TensorSpec a_{"a", {DataType::kFloat32, {2}}};
  const TensorSpec b_{"b=c", {DataType::kFloat32, {2}}};
};

TEST_F(InputsTest, BindsFilesByNameInTheModelsOrder) {
  const std::string first = Write("1.npy", pair_);
  const std::string second = Write("2.npy", Tensor::Of<float>({2}, {3, 4}));

  const auto inputs =
      LoadInputs(std::vector{a_, b_}, {"b=c=" + second, "a=" + first}, {});

  ASSERT_TRUE(inputs) << inputs.error().message();
  EXPECT_EQ(inputs->at(0), pair_);
  EXPECT_EQ(inputs->at(1), Tensor::Of<float>({2}, {3, 4}));
}

TEST_F(InputsTest, NeedsNoNameForTheOnlyInput) {
  const auto inputs =
      LoadInputs(std::vector{a_}, {Write("x=1.npy", pair_)}, {});

  ASSERT_TRUE(inputs) << inputs.error().message();
  EXPECT_EQ(inputs->at(0), pair_);
}

TEST_F(InputsTest, TakesArraysOfAnNpzByName) {
  const TensorSpec image{"image", {DataType::kFloat32, {2, 3, 4}}};
  const TensorSpec steps{"a/b:0", {DataType::kInt32, {24}}};
  const std::string file = kData + "arrays/deflated.npz";

  EXPECT_TRUE(LoadInputs(std::vector{image, steps}, {file}, {}));
  EXPECT_TRUE(LoadInputs(std::vector{image}, {"image=" + file}, {}));
  EXPECT_THAT(ErrorOf({image}, {file}), HasSubstr("no input 'a/b:0'"));
  EXPECT_THAT(ErrorOf({a_}, {"a=" + file}),
              HasSubstr("has no array 'a'; its arrays: 'a/b:0', 'image'"));
}

TEST_F(InputsTest, PreparesPhotos) {
  const TensorSpec image{"image", {DataType::kUint8, {1, 3, 17, 23}}};

  const auto inputs =
      LoadInputs(std::vector{image}, {kData + "images/rgb.png"}, {});

  ASSERT_TRUE(inputs) << inputs.error().message();
  EXPECT_EQ(inputs->at(0).type(), image.type);
}

TEST_F(InputsTest, NamesInputAndFileOfWhatIsWrong) {
  const std::string path = Write("x.npy", Tensor::Of<float>({3}, {1, 2, 3}));

  EXPECT_EQ(ErrorOf({a_}, {"a=" + path}),
            "'" + path + "': input 'a': got float32[3], want float32[2]");
  EXPECT_THAT(ErrorOf({a_}, {}),
              HasSubstr("input 'a' (float32[2]) is not given"));
  EXPECT_THAT(ErrorOf({a_}, {"z=" + path}),
              HasSubstr("the model has no input 'z'; inputs: 'a'"));
  EXPECT_THAT(ErrorOf({a_, b_}, {path}), HasSubstr("which input is it for?"));
  EXPECT_THAT(ErrorOf({a_}, {"missing.npy"}), HasSubstr("'missing.npy'"));
  const std::string good = Write("y.npy", pair_);
  EXPECT_THAT(ErrorOf({a_}, {good, good}), HasSubstr("is given twice"));
  const std::string text = kData + "images/make.py";
  EXPECT_THAT(ErrorOf({a_}, {text}), HasSubstr("neither a JPEG nor a PNG"));
}

}  // namespace
}  // namespace skerry::cli
