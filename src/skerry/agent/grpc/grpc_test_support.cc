#include "skerry/agent/grpc/grpc_test_support.h"

#include <fcntl.h>
#include <grpcpp/create_channel_posix.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

namespace skerry::agent {

std::pair<platform::FileDescriptor, platform::FileDescriptor> SocketPair() {
  int numbers[2] = {-1, -1};
  EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, numbers), 0);
  return {platform::FileDescriptor(numbers[0]),
          platform::FileDescriptor(numbers[1])};
}

GrpcTest::GrpcTest() : regions_(SharedRegions::Create()) {
  auto repository = Repository::Create("", *store_.models);
  EXPECT_TRUE(repository) << repository.error().message();
  repository_ = *std::move(repository);
}

Result<void> GrpcTest::Start(const GrpcServer::Options& options) {
  SKERRY_ASSIGN_OR_RETURN(
      server_, GrpcServer::Create(
                   options, Services{*store_.models, *repository_, *regions_,
                                     capture_.get(), store_.metrics, store_.log,
                                     tracer_.get(), "1.2.3", ready_}));
  return {};
}

std::shared_ptr<grpc::Channel> GrpcTest::Connect(const Peer& peer) {
  if (server_ == nullptr) {
    const auto started = Start();
    EXPECT_TRUE(started) << started.error().message();
  }
  auto [ours, theirs] = SocketPair();
  server_->Adopt(std::move(ours), peer);
  const int number = fcntl(theirs.number(), F_DUPFD_CLOEXEC, 0);
  fcntl(number, F_SETFL, O_NONBLOCK);
  return grpc::CreateInsecureChannelFromFd("test", number);
}

std::shared_ptr<grpc::Channel> GrpcTest::Connect() {
  return Connect({getpid(), geteuid(), getegid()});
}

void GrpcTest::LoadScale(const std::string& alias) {
  const auto loaded = store_.models->Load(
      alias, packages_.Write(alias, MakeScaleModel(2)), std::nullopt);
  ASSERT_TRUE(loaded) << loaded.error().message();
}

void GrpcTest::LoadGate(const std::string& alias) {
  const auto loaded = store_.models->Load(
      alias, packages_.Write(alias, MakeGateModel(DataType::kFloat32)),
      std::nullopt);
  ASSERT_TRUE(loaded) << loaded.error().message();
}

std::string BytesOf(const std::vector<float>& values) {
  return {reinterpret_cast<const char*>(values.data()),
          values.size() * sizeof(float)};
}

std::vector<float> FloatsOf(const std::string& bytes) {
  std::vector<float> values(bytes.size() / sizeof(float));
  std::memcpy(values.data(), bytes.data(), values.size() * sizeof(float));
  return values;
}

oip::ModelInferRequest ScaleInfer(const std::string& model,
                                  const std::vector<float>& values) {
  oip::ModelInferRequest request;
  request.set_model_name(model);
  auto& input = *request.add_inputs();
  input.set_name("x");
  input.set_datatype("FP32");
  input.add_shape(1);
  input.add_shape(static_cast<std::int64_t>(kScaleColumns));
  request.add_raw_input_contents(BytesOf(values));
  return request;
}

edge::PredictRequest ScalePredict(const std::string& model,
                                  const std::vector<float>& values) {
  edge::PredictRequest request;
  request.set_name(model);
  auto& tensor = *request.add_tensors();
  auto& metadata = *tensor.mutable_tensor_metadata();
  metadata.set_name("x");
  metadata.set_data_type(edge::FLOAT32);
  metadata.add_shape(1);
  metadata.add_shape(static_cast<std::int32_t>(kScaleColumns));
  tensor.set_byte_data(BytesOf(values));
  return request;
}

}  // namespace skerry::agent
