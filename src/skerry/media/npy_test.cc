#include "skerry/media/npy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <string>
#include <string_view>

#include "skerry/media/npy_header.h"
#include "skerry/media/test_files.h"

namespace skerry::media {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

template <class T>
std::vector<T> Steps(T count) {
  std::vector<T> steps(static_cast<std::size_t>(count));
  std::iota(steps.begin(), steps.end(), T{0});
  return steps;
}

Result<Tensor> ReadFile(const std::string& name) {
  return ReadNpy(ReadTestFile("arrays/" + name));
}

std::string ErrorOf(const std::string& name) {
  const Result<Tensor> tensor = ReadFile(name);
  return tensor ? "no error" : tensor.error().message();
}

TEST(NpyTest, ReadsRowMajorFloats) {
  const Result<Tensor> tensor = ReadFile("c_order.npy");

  ASSERT_TRUE(tensor);
  EXPECT_EQ(*tensor, Tensor::Of<float>({2, 3, 4}, Steps<float>(24)));
}

TEST(NpyTest, TurnsFortranOrderIntoRowMajor) {
  const Result<Tensor> tensor = ReadFile("fortran.npy");

  ASSERT_TRUE(tensor);
  EXPECT_EQ(*tensor,
            Tensor::Of<std::int64_t>({2, 3, 4}, Steps<std::int64_t>(24)));
}

TEST(NpyTest, ReadsVersions2And3) {
  const Result<Tensor> second = ReadFile("version2.npy");
  const Result<Tensor> third = ReadFile("version3.npy");

  ASSERT_TRUE(second);
  ASSERT_TRUE(third);
  EXPECT_EQ(*second, Tensor::Of<std::int32_t>({24}, Steps<std::int32_t>(24)));
  EXPECT_EQ(*third, Tensor::Of<std::uint16_t>({24}, Steps<std::uint16_t>(24)));
}

TEST(NpyTest, ReadsScalarsEmptyArraysBoolsAndHalves) {
  const Result<Tensor> scalar = ReadFile("scalar.npy");
  const Result<Tensor> empty = ReadFile("empty.npy");
  const Result<Tensor> bools = ReadFile("bools.npy");
  const Result<Tensor> halves = ReadFile("half.npy");

  ASSERT_TRUE(scalar && empty && bools && halves);
  EXPECT_EQ(*scalar, Tensor::Of<double>(Shape{}, {2.5}));
  EXPECT_EQ(empty->type().ToString(), "uint8[0, 5]");
  EXPECT_EQ(*bools, Tensor::Of<bool>({3}, {true, false, true}));
  EXPECT_EQ(halves->type().ToString(), "float16[2]");
}

TEST(NpyTest, RefusesWhatTensorsCannotHoldAndNamesIt) {
  EXPECT_THAT(ErrorOf("big_endian.npy"), HasSubstr("big-endian ('>f4')"));
  EXPECT_THAT(ErrorOf("text.npy"), HasSubstr("element type is '<U6'"));
  EXPECT_THAT(ErrorOf("complex.npy"), HasSubstr("element type is '<c16'"));
}

TEST(NpyTest, RefusesEveryTruncationAndBytesLeftOver) {
  std::vector<std::byte> file = ReadTestFile("arrays/c_order.npy");

  for (std::size_t size = 0; size < file.size(); ++size) {
    EXPECT_FALSE(ReadNpy(std::span(file).first(size))) << size;
  }
  file.push_back(std::byte{0});
  const Result<Tensor> longer = ReadNpy(file);

  ASSERT_FALSE(longer);
  EXPECT_EQ(longer.error().code(), ErrorCode::kDataLoss);
  EXPECT_EQ(longer.error().message(),
            "has 97 bytes of data, want 96 for float32[2, 3, 4]");
}

TEST(NpyTest, WritesTheBytesThatNumpyWrites) {
  for (const char* name :
       {"c_order.npy", "scalar.npy", "empty.npy", "bools.npy", "half.npy"}) {
    const std::vector<std::byte> file =
        ReadTestFile(std::string("arrays/") + name);
    const Result<Tensor> tensor = ReadNpy(file);
    ASSERT_TRUE(tensor) << name;

    EXPECT_EQ(WriteNpy(tensor->type(), tensor->bytes()), file) << name;
  }
}

TEST(NpyTest, WritesBfloat16AsFloat32) {
  Tensor tensor({DataType::kBfloat16, {2}});
  tensor.bytes()[1] = std::byte{0x40};  // 2.0
  tensor.bytes()[2] = std::byte{0x80};  // -1.0
  tensor.bytes()[3] = std::byte{0xbf};

  const Result<Tensor> read = ReadNpy(WriteNpy(tensor.type(), tensor.bytes()));

  ASSERT_TRUE(read);
  EXPECT_THAT(read->data<float>(), ElementsAre(2.0F, -1.0F));
}

std::string HeaderError(std::string_view text) {
  const Result<NpyHeader> header = ParseNpyHeader(text);
  return header ? "no error" : header.error().message();
}

TEST(NpyHeaderTest, TakesKeysInAnyOrderAndEitherQuote) {
  const Result<NpyHeader> header = ParseNpyHeader(
      R"({"shape": (3,), "fortran_order": True, "descr": "<i2"})");

  ASSERT_TRUE(header);
  EXPECT_EQ(header->type.ToString(), "int16[3]");
  EXPECT_TRUE(header->fortran_order);
}

TEST(NpyHeaderTest, SaysWhatIsMissingOrTooMuch) {
  EXPECT_THAT(HeaderError(""), HasSubstr("the end where '{' should be"));
  EXPECT_THAT(HeaderError("{'descr': '<f4'}"), HasSubstr("lacks one of"));
  EXPECT_THAT(HeaderError("{'descr': '<f4', 'descr': '<f4'}"),
              HasSubstr("unknown or repeated key 'descr'"));
  EXPECT_THAT(HeaderError("{'descr': [('a', '<f4')]}"),
              HasSubstr("where a quoted text should be"));
  EXPECT_THAT(HeaderError("{'shape': (1 2)}"), HasSubstr("',' or ')'"));
  EXPECT_THAT(HeaderError("{'shape': (1,1,1,1,1,1,1,1,1)}"),
              HasSubstr("more than 8 dimensions"));
  EXPECT_THAT(HeaderError("{'shape': (99999999999999999999,)}"),
              HasSubstr("where an extent should be"));
  EXPECT_NE(HeaderError("{'shape': (-1,)}"), "no error");
}

}  // namespace
}  // namespace skerry::media
