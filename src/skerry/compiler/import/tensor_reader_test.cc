#include "skerry/compiler/import/tensor_reader.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "skerry/compiler/import/onnx_test_model.h"

namespace skerry::compiler {
namespace {

onnx::TensorProto Proto(int type, std::initializer_list<std::int64_t> dims) {
  onnx::TensorProto proto;
  proto.set_data_type(type);
  for (const std::int64_t dim : dims) proto.add_dims(dim);
  return proto;
}

std::string Fault(const onnx::TensorProto& proto,
                  const std::string& folder = "") {
  const auto tensor = ReadTensor(proto, folder);
  return tensor ? "read" : tensor.error().message();
}

TEST(ReadTensorTest, ReadsRawBytes) {
  const Tensor tensor = Tensor::Of<float>({2}, {1.5F, -2});

  EXPECT_EQ(*ReadTensor(ToProto("", tensor), ""), tensor);
}

TEST(ReadTensorTest, ReadsFieldsOfEachType) {
  onnx::TensorProto bytes = Proto(onnx::TensorProto::INT8, {2});
  bytes.add_int32_data(-1);
  bytes.add_int32_data(127);
  onnx::TensorProto wide = Proto(onnx::TensorProto::UINT32, {1});
  wide.add_uint64_data(4000000000U);
  onnx::TensorProto floats = Proto(onnx::TensorProto::FLOAT, {});
  floats.add_float_data(0.5F);

  EXPECT_EQ(*ReadTensor(bytes, ""), Tensor::Of<std::int8_t>({2}, {-1, 127}));
  EXPECT_EQ(*ReadTensor(wide, ""),
            Tensor::Of<std::uint32_t>({1}, {4000000000U}));
  EXPECT_EQ(*ReadTensor(floats, ""), Tensor::Of<float>({}, {0.5F}));
}

TEST(ReadTensorTest, ReadsHalvesAsBits) {
  onnx::TensorProto halves = Proto(onnx::TensorProto::FLOAT16, {1});
  halves.add_int32_data(0x3c00);

  const auto tensor = ReadTensor(halves, "");

  ASSERT_TRUE(tensor.has_value());
  EXPECT_EQ(tensor->bytes()[0], std::byte{0x00});
  EXPECT_EQ(tensor->bytes()[1], std::byte{0x3c});
}

TEST(ReadTensorTest, BoolsAreZeroOrOne) {
  onnx::TensorProto proto = Proto(onnx::TensorProto::BOOL, {3});
  proto.set_raw_data(std::string("\x02\x00\xff", 3));

  EXPECT_EQ(*ReadTensor(proto, ""), Tensor::Of<bool>({3}, {true, false, true}));
}

TEST(ReadTensorTest, ComparesElementsWithTheShape) {
  onnx::TensorProto raw = Proto(onnx::TensorProto::FLOAT, {2});
  raw.set_raw_data("1234567");
  onnx::TensorProto field = Proto(onnx::TensorProto::INT64, {2});
  field.add_int64_data(1);

  EXPECT_EQ(Fault(raw), "has 7 bytes, float32[2] wants 8");
  EXPECT_EQ(Fault(field), "has 1 elements, int64[2] wants 2");
}

TEST(ReadTensorTest, AbsurdShapesTakeNoMemory) {
  const std::int64_t huge = std::int64_t{1} << 39;

  EXPECT_EQ(Fault(Proto(onnx::TensorProto::FLOAT, {huge})),
            "has 0 elements, float32[549755813888] wants 549755813888");
  EXPECT_FALSE(ReadTensor(Proto(onnx::TensorProto::FLOAT, {huge, huge}), ""));
  EXPECT_EQ(Fault(Proto(onnx::TensorProto::FLOAT, {-1})),
            "shape [-1] has a negative extent");
}

TEST(ReadTensorTest, NamesTypesThatAreNotSupported) {
  EXPECT_EQ(Fault(Proto(onnx::TensorProto::STRING, {})),
            "element type 8 (STRING) is not supported");
  EXPECT_EQ(Fault(Proto(77, {})), "element type 77 is not supported");
}

class ExternalDataTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_ / "inner");
    std::ofstream(folder_ / "weights.bin", std::ios::binary)
        << std::string(4, '\0') << std::string("\0\0\x80\x3f", 4);
    std::ofstream(folder_ / ".." / "secret.bin") << "12345678";
  }

  static onnx::TensorProto External(const std::string& location,
                                    const std::string& offset = "4",
                                    const std::string& length = "4") {
    onnx::TensorProto proto = Proto(onnx::TensorProto::FLOAT, {1});
    proto.set_data_location(onnx::TensorProto::EXTERNAL);
    const auto add = [&](const std::string& key, const std::string& value) {
      onnx::StringStringEntryProto& entry = *proto.add_external_data();
      entry.set_key(key);
      entry.set_value(value);
    };
    add("location", location);
    add("offset", offset);
    add("length", length);
    return proto;
  }

  std::filesystem::path folder_ =
      std::filesystem::path(::testing::TempDir()) / "external" / "model";
};

TEST_F(ExternalDataTest, ReadsAStretchOfAFile) {
  EXPECT_EQ(*ReadTensor(External("weights.bin"), folder_.string()),
            Tensor::Of<float>({1}, {1}));
}

TEST_F(ExternalDataTest, StaysInTheFolderOfTheModel) {
  std::filesystem::create_symlink("../secret.bin", folder_ / "link.bin");

  EXPECT_EQ(Fault(External("../secret.bin"), folder_.string()),
            "external data file '../secret.bin' is outside the folder of the "
            "model");
  EXPECT_EQ(Fault(External("inner/../../secret.bin"), folder_.string()),
            "external data file 'inner/../../secret.bin' is outside the "
            "folder of the model");
  EXPECT_EQ(Fault(External("/etc/passwd"), folder_.string()),
            "external data file '/etc/passwd' is outside the folder of the "
            "model");
  EXPECT_EQ(Fault(External("link.bin"), folder_.string()),
            "external data file 'link.bin' links to outside the folder of the "
            "model");
  EXPECT_EQ(Fault(External(""), folder_.string()),
            "external data file '' is outside the folder of the model");
}

TEST_F(ExternalDataTest, NamesFilesThatAreMissingOrNoFiles) {
  EXPECT_EQ(Fault(External("none.bin"), folder_.string()),
            "external data file 'none.bin': No such file or directory");
  EXPECT_EQ(Fault(External("inner"), folder_.string()),
            "external data file 'inner' is not a regular file");
}

TEST_F(ExternalDataTest, ChecksOffsetAndLength) {
  EXPECT_EQ(Fault(External("weights.bin", "6"), folder_.string()),
            "external data file 'weights.bin' has 8 bytes, want 4 at offset "
            "6");
  EXPECT_EQ(
      Fault(External("weights.bin", "18446744073709551615"), folder_.string()),
      "external data file 'weights.bin' has 8 bytes, want 4 at offset "
      "18446744073709551615");
  EXPECT_EQ(Fault(External("weights.bin", "-1"), folder_.string()),
            "external data has offset '-1', want a number");
  EXPECT_EQ(Fault(External("weights.bin", "0", "8"), folder_.string()),
            "external data has 8 bytes, the shape wants 4");
}

TEST_F(ExternalDataTest, WantsAFolder) {
  EXPECT_EQ(Fault(External("weights.bin")),
            "elements are in the file 'weights.bin', but the model is not "
            "read from a folder");
}

}  // namespace
}  // namespace skerry::compiler
