#include "skerry/base/error.h"

#include <gtest/gtest.h>

#include "skerry/base/result.h"

namespace skerry {
namespace {

Result<int> Half(int value) {
  if (value % 2 != 0) return InvalidArgument("odd");
  return value / 2;
}

Result<int> Quarter(int value) {
  SKERRY_ASSIGN_OR_RETURN(const int half, Half(value));
  return Half(half);
}

TEST(ErrorTest, ContextGoesBeforeTheMessage) {
  const Error error = NotFound("no such file").WithContext("model.onnx");

  EXPECT_EQ(error.message(), "model.onnx: no such file");
  EXPECT_EQ(error.code(), ErrorCode::kNotFound);
}

TEST(ErrorTest, CodesHaveGrpcNames) {
  EXPECT_EQ(ErrorCodeName(ErrorCode::kCancelled), "CANCELLED");
  EXPECT_EQ(ErrorCodeName(ErrorCode::kUnauthenticated), "UNAUTHENTICATED");
}

TEST(ResultTest, AssignOrReturnPassesValuesAndErrors) {
  EXPECT_EQ(*Quarter(8), 2);
  EXPECT_EQ(Quarter(6).error().message(), "odd");
}

}  // namespace
}  // namespace skerry
