#include "skerry/agent/client/client.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "open_inference.grpc.pb.h"
#include "skerry/agent/oip/data_type_names.h"
#include "skerry/platform/temp_directory.h"

namespace skerry::agent {
namespace {

using ::testing::HasSubstr;

constexpr std::int64_t kCount = 1000;

/// A server that answers with its input doubled, and can be told to err.
class Doubler final : public inference::GRPCInferenceService::Service {
 public:
  ~Doubler() override {
    for (auto& [name, memory] : regions) munmap(memory.data(), memory.size());
  }

  grpc::Status ServerLive(grpc::ServerContext*,
                          const inference::ServerLiveRequest*,
                          inference::ServerLiveResponse*) override {
    return grpc::Status::OK;
  }

  grpc::Status RepositoryIndex(
      grpc::ServerContext*, const inference::RepositoryIndexRequest*,
      inference::RepositoryIndexResponse* response) override {
    for (const char* name : {"twice", "other", "twice"}) {
      response->add_models()->set_name(name);
    }
    return grpc::Status::OK;
  }

  grpc::Status ModelMetadata(
      grpc::ServerContext*, const inference::ModelMetadataRequest* request,
      inference::ModelMetadataResponse* response) override {
    if (request->name() != "twice") {
      return {grpc::StatusCode::NOT_FOUND,
              "no model '" + request->name() + "'"};
    }
    response->set_name("twice");
    response->add_versions("1");
    for (auto* tensor : {response->add_inputs(), response->add_outputs()}) {
      tensor->set_datatype(data_type);
      tensor->add_shape(kCount);
    }
    response->mutable_inputs(0)->set_name("x");
    response->mutable_outputs(0)->set_name("y");
    return grpc::Status::OK;
  }

  grpc::Status SystemSharedMemoryRegister(
      grpc::ServerContext*,
      const inference::SystemSharedMemoryRegisterRequest* request,
      inference::SystemSharedMemoryRegisterResponse*) override {
    const std::string path = "/proc/self/fd/" + request->key().substr(6);
    const int file = open(path.c_str(), O_RDWR);
    void* const start = mmap(nullptr, request->byte_size(),
                             PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (start == MAP_FAILED) {
      return {grpc::StatusCode::NOT_FOUND, request->key()};
    }
    regions[request->name()] = {static_cast<char*>(start),
                                request->byte_size()};
    return grpc::Status::OK;
  }

  grpc::Status SystemSharedMemoryUnregister(
      grpc::ServerContext*,
      const inference::SystemSharedMemoryUnregisterRequest* request,
      inference::SystemSharedMemoryUnregisterResponse*) override {
    unregistered.push_back(request->name());
    return grpc::Status::OK;
  }

  grpc::Status ModelInfer(grpc::ServerContext*,
                          const inference::ModelInferRequest* request,
                          inference::ModelInferResponse* response) override {
    const grpc::Status told = status;
    if (!told.ok()) return told;
    std::this_thread::sleep_for(delay);
    const auto& input = request->inputs(0);
    std::string answer =
        Twice(input.parameters().empty() ? request->raw_input_contents(0)
                                         : Copy(In(input.parameters())));
    answer.resize(answer.size() - bytes_missing);
    response->add_outputs()->set_name("y");
    (*response->mutable_parameters())["model_time_ns"].set_int64_param(1234);
    if (request->outputs_size() == 0) {
      response->add_raw_output_contents(answer);
    } else {
      last_output = In(request->outputs(0).parameters());
      std::ranges::copy(answer, last_output.begin());
    }
    return grpc::Status::OK;
  }

  std::string data_type = "FP32";
  std::size_t bytes_missing = 0;
  std::chrono::milliseconds delay{};
  grpc::Status status;
  std::map<std::string, std::span<char>> regions;
  std::vector<std::string> unregistered;
  std::span<char> last_output;

 private:
  template <class Parameters>
  std::span<char> In(const Parameters& parameters) {
    const auto at = [&](const char* key) { return parameters.at(key); };
    return regions[at("shared_memory_region").string_param()].subspan(
        static_cast<std::size_t>(at("shared_memory_offset").int64_param()),
        static_cast<std::size_t>(at("shared_memory_byte_size").int64_param()));
  }

  static std::string Copy(std::span<char> bytes) {
    return {bytes.begin(), bytes.end()};
  }

  static std::string Twice(std::string_view bytes) {
    std::string answer(bytes);
    for (std::size_t i = 0; i < answer.size(); i += sizeof(float)) {
      float value = 0;
      std::memcpy(&value, &answer[i], sizeof value);
      value *= 2;
      std::memcpy(&answer[i], &value, sizeof value);
    }
    return answer;
  }
};

class ClientTest : public ::testing::Test {
 protected:
  ClientTest() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("unix:" + socket_,
                             grpc::InsecureServerCredentials());
    builder.RegisterService(&doubler_);
    server_ = builder.BuildAndStart();
  }

  std::unique_ptr<Client> Connect(ClientOptions options = {}) {
    auto client = Client::Connect(socket_, options);
    EXPECT_TRUE(client.has_value()) << client.error().message();
    return *std::move(client);
  }

  std::unique_ptr<Client> Prepared(ClientOptions options = {}) {
    auto client = Connect(options);
    const auto model = client->Describe("twice");
    EXPECT_TRUE(model.has_value());
    EXPECT_TRUE(client->Prepare(*model).has_value());
    return client;
  }

  static Tensor Filled(float value) {
    const std::vector<float> values(kCount, value);
    return Tensor::Of<float>({kCount}, values);
  }

  static void ExpectTwice(Client& client, float value) {
    const std::vector<Tensor> inputs = {Filled(value)};
    const auto outputs = client.Predict(inputs);
    ASSERT_TRUE(outputs.has_value()) << outputs.error().message();
    ASSERT_EQ(outputs->size(), 1U);
    EXPECT_EQ((*outputs)[0], Filled(2 * value));
  }

  platform::TempDirectory folder_ = *platform::TempDirectory::Create("client");
  std::string socket_ = folder_.path() + "/agent.sock";
  Doubler doubler_;
  std::unique_ptr<grpc::Server> server_;
};

TEST_F(ClientTest, ListsEachModelOnce) {
  const auto models = Connect()->ListModels();

  ASSERT_TRUE(models.has_value());
  EXPECT_EQ(*models, (std::vector<std::string>{"other", "twice"}));
}

TEST_F(ClientTest, DescribesAModel) {
  const auto model = Connect()->Describe("twice");

  ASSERT_TRUE(model.has_value());
  EXPECT_EQ(model->versions, std::vector<std::string>{"1"});
  const TensorSpec wanted{"x", {DataType::kFloat32, {kCount}}};
  EXPECT_EQ(model->inputs, std::vector<TensorSpec>{wanted});
}

TEST_F(ClientTest, PassesTheAgentsErrorsOn) {
  const auto model = Connect()->Describe("absent");

  ASSERT_FALSE(model.has_value());
  EXPECT_EQ(model.error().code(), ErrorCode::kNotFound);
  EXPECT_THAT(model.error().message(), HasSubstr("absent"));
}

TEST_F(ClientTest, RefusesATypeThatItDoesNotKnow) {
  doubler_.data_type = "FP4";

  const auto model = Connect()->Describe("twice");

  ASSERT_FALSE(model.has_value());
  EXPECT_EQ(model.error().code(), ErrorCode::kInternal);
  EXPECT_THAT(model.error().message(), HasSubstr("FP4"));
}

TEST_F(ClientTest, PredictsWithTensorsInTheMessages) {
  const auto client = Prepared();

  ExpectTwice(*client, 21);
  ExpectTwice(*client, 4);
  EXPECT_EQ(client->model_time(), std::chrono::nanoseconds(1234));
}

TEST_F(ClientTest, PredictsWithTensorsInSharedMemory) {
  const auto client = Prepared({.shared_memory = true});

  ExpectTwice(*client, 21);
  ExpectTwice(*client, 4);
  EXPECT_EQ(doubler_.regions.size(), 2U);
}

TEST_F(ClientTest, UnregistersItsMemoryAtTheEnd) {
  Prepared({.shared_memory = true}).reset();

  EXPECT_EQ(doubler_.unregistered.size(), 2U);
}

TEST_F(ClientTest, ALateWriteDoesNotReachTheNextAnswer) {
  const auto client = Prepared({.shared_memory = true});
  ExpectTwice(*client, 1);
  const std::span<char> old_output = doubler_.last_output;
  doubler_.status = {grpc::StatusCode::DEADLINE_EXCEEDED, "too late"};
  EXPECT_FALSE(client->Run().has_value());
  EXPECT_TRUE(client->output(0).empty());

  doubler_.status = grpc::Status::OK;
  ASSERT_TRUE(client->Run().has_value());
  std::ranges::fill(old_output, char{1});

  EXPECT_TRUE(std::ranges::equal(client->output(0), Filled(2).bytes()));
}

TEST_F(ClientTest, RefusesAnAnswerOfTheWrongSize) {
  const auto client = Prepared();
  doubler_.bytes_missing = 4;

  const auto done = client->Run();

  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(done.error().code(), ErrorCode::kInternal);
  EXPECT_THAT(done.error().message(), HasSubstr("3996 bytes as 'y'"));
}

TEST_F(ClientTest, RefusesInputsOfTheWrongType) {
  const auto client = Prepared();
  const std::vector<Tensor> inputs = {Tensor::Of<float>({2}, {1.F, 2.F})};

  const auto outputs = client->Predict(inputs);

  ASSERT_FALSE(outputs.has_value());
  EXPECT_THAT(outputs.error().message(), HasSubstr("'x' wants float32[1000]"));
  EXPECT_FALSE(client->Predict({}).has_value());
}

TEST_F(ClientTest, GivesUpAtTheTimeout) {
  const auto client = Prepared({.timeout = std::chrono::milliseconds(500)});
  doubler_.delay = std::chrono::seconds(1);

  const auto done = client->Run();

  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(done.error().code(), ErrorCode::kDeadlineExceeded);
}

TEST_F(ClientTest, SaysWhatToDoWhereNobodyAnswers) {
  const auto client = Client::Connect(folder_.path() + "/none", {});

  ASSERT_FALSE(client.has_value());
  EXPECT_EQ(client.error().code(), ErrorCode::kUnavailable);
  EXPECT_THAT(client.error().message(), HasSubstr("skerry-agent -a"));
}

TEST(DataTypeNamesTest, EachTypeKeepsItsName) {
  for (int number = 0; number < 32; ++number) {
    const auto type = DataTypeFromNumber(number);
    if (type) EXPECT_EQ(ParseOipType(OipTypeName(*type)).value(), *type);
  }
  EXPECT_EQ(OipTypeName(DataType::kFloat32), "FP32");
  EXPECT_FALSE(ParseOipType("BYTES"));
}

}  // namespace
}  // namespace skerry::agent
