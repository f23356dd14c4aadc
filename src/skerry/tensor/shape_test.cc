#include "skerry/tensor/shape.h"

#include <gtest/gtest.h>

#include "skerry/tensor/tensor.h"

namespace skerry {
namespace {

TEST(ShapeTest, CountsElements) {
  EXPECT_EQ(Shape({2, 3, 4}).element_count(), 24);
  EXPECT_EQ(Shape().element_count(), 1);
  EXPECT_EQ(Shape({2, 0}).element_count(), 0);
}

TEST(ShapeTest, CreateRefusesNegativeExtents) {
  EXPECT_EQ(Shape::Create({2, -1}).error().message(),
            "shape [2, -1] has a negative extent");
}

TEST(ShapeTest, CreateRefusesAbsurdSizesEvenBesideZero) {
  const std::int64_t huge = std::int64_t{1} << 62;

  EXPECT_FALSE(Shape::Create({huge, huge}).has_value());
  EXPECT_FALSE(Shape::Create({0, huge}).has_value());
}

TEST(ShapeTest, CreateRefusesTooManyDimensions) {
  EXPECT_FALSE(Shape::Create(std::vector<std::int64_t>(9, 1)).has_value());
}

TEST(ShapeTest, BroadcastsLikeNumpy) {
  EXPECT_EQ(*Broadcast({8, 1, 6}, {7, 1}), Shape({8, 7, 6}));
  EXPECT_EQ(*Broadcast({0}, {1}), Shape({0}));
  EXPECT_EQ(Broadcast({2}, {3}).error().message(),
            "shapes [2] and [3] do not broadcast");
}

TEST(TensorTypeTest, PrintsTypeAndShape) {
  const TensorType type = {DataType::kFloat32, {1, 3}};

  EXPECT_EQ(type.ToString(), "float32[1, 3]");
  EXPECT_EQ(type.byte_count(), 12);
}

TEST(TensorTest, HoldsItsElements) {
  const Tensor tensor = Tensor::Of<std::int64_t>({2}, {5, 6});

  EXPECT_EQ(tensor.data<std::int64_t>()[1], 6);
  EXPECT_EQ(tensor.bytes().size(), 16U);
}

}  // namespace
}  // namespace skerry
