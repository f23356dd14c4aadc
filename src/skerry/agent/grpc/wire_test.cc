#include "skerry/agent/grpc/wire.h"

#include <gtest/gtest.h>

#include "edge_agent.pb.h"
#include "skerry/agent/grpc/status.h"

namespace skerry::agent {
namespace {

namespace edge = AWS::SageMaker::Edge;

TEST(MessageWriterTest, WritesWhatProtobufReads) {
  for (const std::size_t byte_count :
       {0UL, 1UL, 127UL, 4096UL, 4097UL, 1UL << 20}) {
    const std::string bytes(byte_count, 'b');
    edge::TensorMetadata metadata;
    metadata.set_name("name");
    metadata.add_shape(300);
    MessageWriter metadata_writer;
    metadata_writer.Add(metadata);
    MessageWriter tensor;
    tensor.AddMessage(1, std::move(metadata_writer));
    tensor.AddBytes(4, std::string(bytes));
    MessageWriter writer;
    writer.AddMessage(1, tensor);
    writer.AddMessage(1, std::move(tensor));
    grpc::ByteBuffer buffer = writer.Take();

    edge::PredictResponse response;
    ASSERT_TRUE(ParseMessage(&buffer, &response));

    ASSERT_EQ(response.tensors_size(), 2);
    for (const edge::Tensor& read : response.tensors()) {
      EXPECT_EQ(read.tensor_metadata().name(), "name");
      EXPECT_EQ(read.tensor_metadata().shape(0), 300);
      EXPECT_TRUE(read.has_byte_data());
      EXPECT_EQ(read.byte_data(), bytes);
    }
  }
}

TEST(MessageWriterTest, NothingIsTheEmptyMessage) {
  MessageWriter writer;
  grpc::ByteBuffer buffer = writer.Take();
  edge::PredictResponse response;

  ASSERT_TRUE(buffer.Valid());
  ASSERT_TRUE(ParseMessage(&buffer, &response));

  EXPECT_EQ(response.tensors_size(), 0);
}

TEST(ParseMessageTest, NamesTheMessageThatTheBytesAreNot) {
  const grpc::Slice slice("\x0a\xff");  // a field longer than the message
  grpc::ByteBuffer buffer(&slice, 1);
  edge::PredictRequest request;

  const auto parsed = ParseMessage(&buffer, &request);

  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_NE(parsed.error().message().find("PredictRequest"), std::string::npos);
}

TEST(ToStatusTest, KeepsCodeAndWordsAndCutsLongOnes) {
  const auto status = ToStatus(FailedPrecondition("words"));
  EXPECT_EQ(status.error_code(), grpc::FAILED_PRECONDITION);
  EXPECT_EQ(status.error_message(), "words");
  EXPECT_LE(
      ToStatus(Internal(std::string(100'000, 'x'))).error_message().size(),
      kStatusMessageBytesMax + 3);
}

}  // namespace
}  // namespace skerry::agent
