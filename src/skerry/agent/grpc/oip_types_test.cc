#include "skerry/agent/grpc/oip_types.h"

#include <gtest/gtest.h>

#include <cstring>
#include <limits>

#include "skerry/agent/oip/data_type_names.h"

namespace skerry::agent {
namespace {

using inference::InferTensorContents;

template <class T>
std::string BytesOf(std::initializer_list<T> values) {
  return {reinterpret_cast<const char*>(values.begin()),
          values.size() * sizeof(T)};
}

TEST(OipTypesTest, NamesAndTypesAreOneToOne) {
  for (const DataType type :
       {DataType::kBool, DataType::kUint8, DataType::kUint16, DataType::kUint32,
        DataType::kUint64, DataType::kInt8, DataType::kInt16, DataType::kInt32,
        DataType::kInt64, DataType::kFloat16, DataType::kFloat32,
        DataType::kFloat64, DataType::kBfloat16}) {
    const auto parsed = ParseOipType(OipTypeName(type));
    ASSERT_TRUE(parsed);
    EXPECT_EQ(*parsed, type);
    EXPECT_NE(ModelConfigType(type), inference::TYPE_INVALID);
  }
  EXPECT_FALSE(ParseOipType("fp32"));
  EXPECT_FALSE(ParseOipType(""));
}

TEST(OipTypesTest, ContentsArePackedByTheirType) {
  InferTensorContents contents;
  contents.add_int_contents(-2);
  contents.add_int_contents(127);
  EXPECT_EQ(PackContents(contents, DataType::kInt8).value(),
            BytesOf<std::int8_t>({-2, 127}));
  EXPECT_EQ(PackContents(contents, DataType::kInt16).value(),
            BytesOf<std::int16_t>({-2, 127}));
  EXPECT_EQ(PackContents(contents, DataType::kInt32).value(),
            BytesOf<std::int32_t>({-2, 127}));
  contents.Clear();
  contents.add_bool_contents(true);
  contents.add_bool_contents(false);
  EXPECT_EQ(PackContents(contents, DataType::kBool).value(),
            BytesOf<std::uint8_t>({1, 0}));
  contents.Clear();
  contents.add_fp32_contents(std::numeric_limits<float>::infinity());
  EXPECT_EQ(PackContents(contents, DataType::kFloat32).value(),
            BytesOf<float>({std::numeric_limits<float>::infinity()}));
  contents.Clear();
  contents.add_uint64_contents(~std::uint64_t{0});
  EXPECT_EQ(PackContents(contents, DataType::kUint64).value(),
            BytesOf<std::uint64_t>({~std::uint64_t{0}}));
}

TEST(OipTypesTest, ValuesThatDoNotFitAreRefused) {
  InferTensorContents contents;
  contents.add_int_contents(128);
  EXPECT_FALSE(PackContents(contents, DataType::kInt8));
  contents.set_int_contents(0, -129);
  EXPECT_FALSE(PackContents(contents, DataType::kInt8));
  contents.Clear();
  contents.add_uint_contents(65536);
  EXPECT_FALSE(PackContents(contents, DataType::kUint16));
  EXPECT_TRUE(PackContents(contents, DataType::kUint32));
}

TEST(OipTypesTest, ContentsInAnotherFieldAreRefused) {
  InferTensorContents contents;
  contents.add_fp64_contents(1);
  EXPECT_FALSE(PackContents(contents, DataType::kFloat32));
  contents.add_fp32_contents(1);
  EXPECT_FALSE(PackContents(contents, DataType::kFloat32));
  EXPECT_FALSE(PackContents(contents, DataType::kFloat16));
  contents.Clear();
  EXPECT_EQ(PackContents(contents, DataType::kFloat32).value(), "");
}

}  // namespace
}  // namespace skerry::agent
