// The Open Inference Protocol, over a socket, with real stubs and models.
#include <fcntl.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel_posix.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <future>
#include <limits>
#include <map>
#include <thread>

#include "skerry/agent/grpc/grpc_test_support.h"
#include "skerry/agent/shm/shm_test_support.h"

namespace skerry::agent {
namespace {

using oip::GRPCInferenceService;
using std::chrono::milliseconds;

class OipServiceTest : public GrpcTest {
 protected:
  void SetUp() override { stub_ = GRPCInferenceService::NewStub(Connect()); }

  grpc::Status Infer(const oip::ModelInferRequest& request) {
    grpc::ClientContext context;
    response_.Clear();
    return stub_->ModelInfer(&context, request, &response_);
  }

  // The status of a request that was changed by `change`.
  template <class Change>
  grpc::Status InferChanged(Change change) {
    oip::ModelInferRequest request = ScaleInfer("scale", {1, 2, 3});
    change(request);
    return Infer(request);
  }

  void Register(const std::string& name, const std::string& key,
                std::uint64_t byte_size) {
    oip::SystemSharedMemoryRegisterRequest request;
    request.set_name(name);
    request.set_key(key);
    request.set_byte_size(byte_size);
    oip::SystemSharedMemoryRegisterResponse response;
    grpc::ClientContext context;
    const auto status =
        stub_->SystemSharedMemoryRegister(&context, request, &response);
    ASSERT_TRUE(status.ok()) << status.error_message();
  }

  std::unique_ptr<GRPCInferenceService::Stub> stub_;
  oip::ModelInferResponse response_;
};

void SetPlace(auto& parameters, const std::string& region,
              std::int64_t byte_size, std::int64_t offset) {
  parameters["shared_memory_region"].set_string_param(region);
  parameters["shared_memory_byte_size"].set_int64_param(byte_size);
  parameters["shared_memory_offset"].set_int64_param(offset);
}

TEST_F(OipServiceTest, RawContentsGoInAndComeOut) {
  LoadScale("scale");
  auto request = ScaleInfer("scale", {1, 2, 3});
  request.set_id("request-7");

  const auto status = Infer(request);

  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response_.model_name(), "scale");
  EXPECT_EQ(response_.model_version(), "1");
  EXPECT_EQ(response_.id(), "request-7");
  ASSERT_EQ(response_.outputs_size(), 2);
  EXPECT_EQ(response_.outputs(0).name(), "y");
  EXPECT_EQ(response_.outputs(0).datatype(), "FP32");
  ASSERT_EQ(response_.outputs(0).shape_size(), 2);
  EXPECT_EQ(response_.outputs(0).shape(1), 3);
  ASSERT_EQ(response_.raw_output_contents_size(), 2);
  EXPECT_EQ(FloatsOf(response_.raw_output_contents(0)),
            (std::vector<float>{2, 4, 6}));
  EXPECT_EQ(FloatsOf(response_.raw_output_contents(1)),
            (std::vector<float>{12}));
  EXPECT_GT(response_.parameters().at("model_time_ns").int64_param(), 0);
}

TEST_F(OipServiceTest, TypedContentsAreTakenToo) {
  LoadScale("scale");

  const auto status = InferChanged([](auto& request) {
    request.clear_raw_input_contents();
    for (const float x : {5.0F, 6.0F, 7.0F}) {
      request.mutable_inputs(0)->mutable_contents()->add_fp32_contents(x);
    }
  });

  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(FloatsOf(response_.raw_output_contents(0)),
            (std::vector<float>{10, 12, 14}));
}

TEST_F(OipServiceTest, OnlyTheOutputsThatWereAskedForComeInTheirOrder) {
  LoadScale("scale");

  const auto status = InferChanged([](auto& request) {
    request.add_outputs()->set_name("sum");
    request.add_outputs()->set_name("y");
  });

  ASSERT_TRUE(status.ok()) << status.error_message();
  ASSERT_EQ(response_.outputs_size(), 2);
  EXPECT_EQ(response_.outputs(0).name(), "sum");
  EXPECT_EQ(response_.outputs(1).name(), "y");
}

/// A change that makes a good request bad, and what is said of it.
struct RequestFault {
  void (*change)(oip::ModelInferRequest& request);
  grpc::StatusCode code;
  std::string_view words;
};

using Request = oip::ModelInferRequest;

const RequestFault kRequestFaults[] = {
    {[](Request& r) { r.set_model_name("none"); }, grpc::NOT_FOUND, "none"},
    {[](Request& r) { r.set_model_version("9"); }, grpc::NOT_FOUND, "9"},
    {[](Request& r) { r.mutable_inputs(0)->set_name("z"); },
     grpc::INVALID_ARGUMENT, "z"},
    {[](Request& r) { r.mutable_inputs(0)->set_name(""); },
     grpc::INVALID_ARGUMENT, "name"},
    {[](Request& r) { r.mutable_inputs(0)->set_datatype("FP64"); },
     grpc::INVALID_ARGUMENT, "x"},
    {[](Request& r) { r.mutable_inputs(0)->set_datatype("BYTES"); },
     grpc::INVALID_ARGUMENT, "BYTES tensors are not supported"},
    {[](Request& r) { r.mutable_inputs(0)->set_datatype("FLOAT"); },
     grpc::INVALID_ARGUMENT, "FLOAT"},
    {[](Request& r) { r.mutable_inputs(0)->set_shape(1, 4); },
     grpc::INVALID_ARGUMENT, "x"},
    {[](Request& r) {
       r.mutable_inputs(0)->set_shape(1,
                                      std::numeric_limits<std::int64_t>::max());
     },
     grpc::INVALID_ARGUMENT, "x"},
    {[](Request& r) { r.mutable_inputs(0)->set_shape(1, -3); },
     grpc::INVALID_ARGUMENT, "x"},
    {[](Request& r) { r.mutable_raw_input_contents(0)->resize(11); },
     grpc::INVALID_ARGUMENT, "x"},
    {[](Request& r) { r.mutable_raw_input_contents(0)->resize(1 << 20); },
     grpc::INVALID_ARGUMENT, "x"},
    {[](Request& r) { r.clear_raw_input_contents(); }, grpc::INVALID_ARGUMENT,
     "x"},
    {[](Request& r) { r.add_raw_input_contents("more"); },
     grpc::INVALID_ARGUMENT, "raw_input_contents has 2 entries"},
    {[](Request& r) { *r.add_inputs() = r.inputs(0); }, grpc::INVALID_ARGUMENT,
     "raw_input_contents has 1 entries"},
    {[](Request& r) { r.clear_inputs(); }, grpc::INVALID_ARGUMENT,
     "raw_input_contents"},
    {[](Request& r) {
       r.mutable_inputs(0)->mutable_contents()->add_fp32_contents(1);
     },
     grpc::INVALID_ARGUMENT, "mixed"},
    {[](Request& r) {
       r.clear_raw_input_contents();
       r.mutable_inputs(0)->mutable_contents()->add_int_contents(1);
     },
     grpc::INVALID_ARGUMENT, "field"},
    {[](Request& r) { r.add_outputs()->set_name("none"); },
     grpc::INVALID_ARGUMENT, "none"},
    {[](Request& r) {
       auto& output = *r.add_outputs();
       output.set_name("y");
       (*output.mutable_parameters())["classification"].set_int64_param(1);
     },
     grpc::INVALID_ARGUMENT, "classification"},
    {[](Request& r) {
       SetPlace(*r.mutable_inputs(0)->mutable_parameters(), "none", 12, 0);
       r.clear_raw_input_contents();
     },
     grpc::NOT_FOUND, "none"},
    {[](Request& r) {
       SetPlace(*r.mutable_inputs(0)->mutable_parameters(), "none", -1, 0);
       r.clear_raw_input_contents();
     },
     grpc::INVALID_ARGUMENT, "shared_memory_byte_size"},
};

TEST_F(OipServiceTest, WhatIsWrongWithARequestIsNamed) {
  LoadScale("scale");

  for (const RequestFault& c : kRequestFaults) {
    const auto status = InferChanged(c.change);
    EXPECT_EQ(status.error_code(), c.code) << status.error_message();
    EXPECT_NE(status.error_message().find(c.words), std::string::npos)
        << "'" << status.error_message() << "' lacks '" << c.words << "'";
  }
  EXPECT_TRUE(Infer(ScaleInfer("scale", {1, 2, 3})).ok());
}

TEST_F(OipServiceTest, TensorsGoThroughSharedMemoryBothWays) {
  LoadScale("scale");
  const PosixSegment segment("-oip", 64, '\0');
  const platform::FileDescriptor file(
      shm_open(segment.name().c_str(), O_RDWR, 0));
  const std::string input = BytesOf({1, 2, 3});
  ASSERT_EQ(pwrite(file.number(), input.data(), 12, 0), 12);
  Register("memory", segment.name(), 64);

  const auto status = InferChanged([](auto& request) {
    request.clear_raw_input_contents();
    SetPlace(*request.mutable_inputs(0)->mutable_parameters(), "memory", 12, 0);
    auto& output = *request.add_outputs();
    output.set_name("y");
    SetPlace(*output.mutable_parameters(), "memory", 12, 32);
    request.add_outputs()->set_name("sum");
  });

  ASSERT_TRUE(status.ok()) << status.error_message();
  std::string output(12, '\0');
  ASSERT_EQ(pread(file.number(), output.data(), 12, 32), 12);
  EXPECT_EQ(FloatsOf(output), (std::vector<float>{2, 4, 6}));
  const auto& place = response_.outputs(0).parameters();
  EXPECT_EQ(place.at("shared_memory_region").string_param(), "memory");
  EXPECT_EQ(place.at("shared_memory_offset").int64_param(), 32);
  // One entry for each output, as Triton's clients count them.
  ASSERT_EQ(response_.raw_output_contents_size(), 2);
  EXPECT_EQ(response_.raw_output_contents(0), "");
  EXPECT_EQ(FloatsOf(response_.raw_output_contents(1)),
            (std::vector<float>{12}));
}

TEST_F(OipServiceTest, OutputsThatDoNotFitTheirPlaceAreRefused) {
  LoadScale("scale");
  const PosixSegment segment("-small", 64, '\0');
  Register("memory", segment.name(), 64);

  for (const int byte_size : {0, 8, 65}) {
    const auto status = InferChanged([byte_size](auto& request) {
      auto& output = *request.add_outputs();
      output.set_name("y");
      SetPlace(*output.mutable_parameters(), "memory", byte_size, 0);
    });
    EXPECT_EQ(status.error_code(), grpc::INVALID_ARGUMENT)
        << status.error_message();
  }
}

TEST_F(OipServiceTest, OutputsAreNotWrittenToReadOnlyMemory) {
  LoadScale("scale");
  const PosixSegment segment("-ro", 64, '\0');
  const platform::FileDescriptor file(
      shm_open(segment.name().c_str(), O_RDWR, 0));
  ASSERT_EQ(fchmod(file.number(), 0400), 0);
  const platform::FileDescriptor sealed(
      memfd_create("sealed", MFD_ALLOW_SEALING));
  ASSERT_EQ(ftruncate(sealed.number(), 64), 0);
  ASSERT_EQ(fcntl(sealed.number(), F_ADD_SEALS, F_SEAL_WRITE), 0);
  oip::SystemSharedMemoryRegisterRequest request;
  request.set_name("memory");
  request.set_key("memfd:" + std::to_string(sealed.number()));
  request.set_byte_size(64);
  oip::SystemSharedMemoryRegisterResponse response;
  grpc::ClientContext context;
  const auto registered =
      stub_->SystemSharedMemoryRegister(&context, request, &response);
  if (!registered.ok()) GTEST_SKIP() << registered.error_message();

  const auto status = InferChanged([](auto& infer) {
    auto& output = *infer.add_outputs();
    output.set_name("y");
    SetPlace(*output.mutable_parameters(), "memory", 12, 0);
  });

  EXPECT_EQ(status.error_code(), grpc::PERMISSION_DENIED);
}

TEST_F(OipServiceTest, MemoryThatShrinksIsAnErrorAndNotTheEnd) {
  LoadScale("scale");
  const PosixSegment segment("-shrink", 4096, 'x');
  Register("memory", segment.name(), 4096);
  segment.Resize(0);

  const auto status = InferChanged([](auto& request) {
    request.clear_raw_input_contents();
    SetPlace(*request.mutable_inputs(0)->mutable_parameters(), "memory", 12, 0);
  });

  EXPECT_EQ(status.error_code(), grpc::INVALID_ARGUMENT);
  EXPECT_TRUE(Infer(ScaleInfer("scale", {1, 2, 3})).ok());
}

TEST_F(OipServiceTest, RegionsBelongToTheUserOfTheConnection) {
  LoadScale("scale");
  const PosixSegment segment("-mine", 64, 'x');
  Register("mine", segment.name(), 64);
  const auto stranger = GRPCInferenceService::NewStub(Connect(Stranger()));
  auto request = ScaleInfer("scale", {1, 2, 3});
  request.clear_raw_input_contents();
  SetPlace(*request.mutable_inputs(0)->mutable_parameters(), "mine", 12, 0);
  grpc::ClientContext context;

  const auto status = stranger->ModelInfer(&context, request, &response_);

  EXPECT_EQ(status.error_code(), grpc::PERMISSION_DENIED)
      << status.error_message();
  EXPECT_TRUE(Infer(request).ok());
}

TEST_F(OipServiceTest, RegionsAreListedAndForgotten) {
  const PosixSegment segment("-list", 64, 'x');
  Register("one", segment.name(), 48);
  oip::SystemSharedMemoryStatusResponse status;
  grpc::ClientContext first;
  ASSERT_TRUE(stub_->SystemSharedMemoryStatus(&first, {}, &status).ok());
  ASSERT_TRUE(status.regions().contains("one"));
  EXPECT_EQ(status.regions().at("one").byte_size(), 48U);
  EXPECT_EQ(status.regions().at("one").key(), segment.name());

  oip::SystemSharedMemoryUnregisterResponse unregistered;
  grpc::ClientContext second;
  ASSERT_TRUE(
      stub_->SystemSharedMemoryUnregister(&second, {}, &unregistered).ok());

  status.Clear();
  grpc::ClientContext third;
  ASSERT_TRUE(stub_->SystemSharedMemoryStatus(&third, {}, &status).ok());
  EXPECT_TRUE(status.regions().empty());
}

TEST_F(OipServiceTest, ModelsAreDescribed) {
  LoadScale("scale");
  oip::ModelMetadataRequest request;
  request.set_name("scale");
  oip::ModelMetadataResponse metadata;
  grpc::ClientContext first;
  ASSERT_TRUE(stub_->ModelMetadata(&first, request, &metadata).ok());
  EXPECT_EQ(metadata.platform(), "skerry");
  ASSERT_EQ(metadata.versions_size(), 1);
  EXPECT_EQ(metadata.versions(0), "1");
  ASSERT_EQ(metadata.inputs_size(), 1);
  EXPECT_EQ(metadata.inputs(0).datatype(), "FP32");
  EXPECT_EQ(metadata.outputs(1).name(), "sum");

  oip::ModelConfigRequest config_request;
  config_request.set_name("scale");
  oip::ModelConfigResponse config;
  grpc::ClientContext second;
  ASSERT_TRUE(stub_->ModelConfig(&second, config_request, &config).ok());
  EXPECT_EQ(config.config().input(0).data_type(), oip::TYPE_FP32);
  EXPECT_EQ(config.config().parameters().at("instances").string_value(), "1");

  request.set_name("none");
  grpc::ClientContext third;
  EXPECT_EQ(stub_->ModelMetadata(&third, request, &metadata).error_code(),
            grpc::NOT_FOUND);
}

TEST_F(OipServiceTest, StatisticsCountWhatHappened) {
  LoadScale("scale");
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(Infer(ScaleInfer("scale", {1, 2, 3})).ok());
  }
  oip::ModelStatisticsResponse response;
  grpc::ClientContext context;

  ASSERT_TRUE(stub_->ModelStatistics(&context, {}, &response).ok());

  ASSERT_EQ(response.model_stats_size(), 1);
  const auto& statistics = response.model_stats(0);
  EXPECT_EQ(statistics.name(), "scale");
  EXPECT_EQ(statistics.inference_count(), 3U);
  EXPECT_EQ(statistics.inference_stats().success().count(), 3U);
  EXPECT_GT(statistics.last_inference(), 1'600'000'000'000U);
}

TEST_F(OipServiceTest, ReadinessFollowsTheAgentAndTheModel) {
  LoadScale("scale");
  const auto model_ready = [this](const std::string& name) {
    oip::ModelReadyRequest request;
    request.set_name(name);
    oip::ModelReadyResponse response;
    grpc::ClientContext context;
    EXPECT_TRUE(stub_->ModelReady(&context, request, &response).ok());
    return response.ready();
  };
  EXPECT_TRUE(model_ready("scale"));
  EXPECT_FALSE(model_ready("none"));

  ready_ = false;
  oip::ServerReadyResponse ready;
  grpc::ClientContext first;
  ASSERT_TRUE(stub_->ServerReady(&first, {}, &ready).ok());
  EXPECT_FALSE(ready.ready());
  oip::ServerLiveResponse live;
  grpc::ClientContext second;
  ASSERT_TRUE(stub_->ServerLive(&second, {}, &live).ok());
  EXPECT_TRUE(live.live());
}

TEST_F(OipServiceTest, TheServerTellsWhatItIs) {
  oip::ServerMetadataResponse response;
  grpc::ClientContext context;

  ASSERT_TRUE(stub_->ServerMetadata(&context, {}, &response).ok());

  EXPECT_EQ(response.name(), "skerry-agent");
  EXPECT_EQ(response.version(), "1.2.3");
}

TEST_F(OipServiceTest, TheRepositoryIsListedAndModelsAreUnloaded) {
  LoadScale("scale");
  oip::RepositoryIndexResponse index;
  grpc::ClientContext first;
  ASSERT_TRUE(stub_->RepositoryIndex(&first, {}, &index).ok());
  ASSERT_EQ(index.models_size(), 1);
  EXPECT_EQ(index.models(0).state(), "READY");

  oip::RepositoryModelUnloadRequest unload;
  unload.set_model_name("scale");
  oip::RepositoryModelUnloadResponse unloaded;
  grpc::ClientContext second;
  ASSERT_TRUE(stub_->RepositoryModelUnload(&second, unload, &unloaded).ok());
  EXPECT_EQ(Infer(ScaleInfer("scale", {1, 2, 3})).error_code(),
            grpc::NOT_FOUND);

  oip::RepositoryModelLoadRequest load;
  load.set_model_name("none");
  oip::RepositoryModelLoadResponse loaded;
  grpc::ClientContext third;
  EXPECT_EQ(stub_->RepositoryModelLoad(&third, load, &loaded).error_code(),
            grpc::NOT_FOUND);
  (*load.mutable_parameters())["file:1/model.so"].set_bytes_param("x");
  grpc::ClientContext fourth;
  EXPECT_EQ(stub_->RepositoryModelLoad(&fourth, load, &loaded).error_code(),
            grpc::INVALID_ARGUMENT);
}

TEST_F(OipServiceTest, AUnitPicksTheArmByParameterOrHeader) {
  LoadScale("scale");
  ASSERT_TRUE(store_.models->AddVersion(
      "scale", packages_.Write("three", MakeScaleModel(3), "2"), std::nullopt));
  ASSERT_TRUE(store_.models->SetSplit(
      "scale", Split{"salt", {{"1", 5000}, {"2", 5000}}, ""}));
  std::map<std::string, int> versions;
  for (int i = 0; i < 32; ++i) {
    const std::string unit = "camera-" + std::to_string(i);
    const std::string wanted = SplitBucket("salt", unit) < 5000 ? "1" : "2";
    auto request = ScaleInfer("scale", {1, 2, 3});
    (*request.mutable_parameters())[kUnitParameter].set_string_param(unit);
    ASSERT_TRUE(Infer(request).ok());
    EXPECT_EQ(response_.model_version(), wanted);

    grpc::ClientContext context;
    context.AddMetadata(kUnitHeader, unit);
    ASSERT_TRUE(
        stub_->ModelInfer(&context, ScaleInfer("scale", {1, 2, 3}), &response_)
            .ok());
    EXPECT_EQ(response_.model_version(), wanted);
    ++versions[wanted];
  }
  EXPECT_EQ(versions.size(), 2U);
}

TEST_F(OipServiceTest, AStreamAnswersEachRequestAndGoesOnAfterErrors) {
  LoadScale("scale");
  grpc::ClientContext context;
  const auto stream = stub_->ModelStreamInfer(&context);
  constexpr int kCount = 300;  // more than run at the same time
  std::thread writer([&stream] {
    for (int i = 0; i < kCount; ++i) {
      auto request = ScaleInfer(i % 7 == 0 ? "none" : "scale",
                                {static_cast<float>(i), 0, 0});
      request.set_id(std::to_string(i));
      if (i % 11 == 3) request.mutable_inputs(0)->set_datatype("BYTES");
      ASSERT_TRUE(stream->Write(request));
    }
    stream->WritesDone();
  });
  int ok_count = 0;
  int error_count = 0;
  oip::ModelStreamInferResponse response;
  while (stream->Read(&response)) {
    const int id = std::stoi(response.infer_response().id());
    if (id % 7 == 0 || id % 11 == 3) {
      EXPECT_FALSE(response.error_message().empty());
      ++error_count;
      continue;
    }
    EXPECT_EQ(response.error_message(), "");
    EXPECT_EQ(
        FloatsOf(response.infer_response().raw_output_contents(0)).front(),
        2.0F * static_cast<float>(id));
    ++ok_count;
  }
  writer.join();
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_EQ(ok_count + error_count, kCount);
  EXPECT_GT(ok_count, 200);
}

// A gate model whose gate is in memory that this test can write to. It is a
// float: integers in shared memory are copied before the model runs.
class OipGateTest : public OipServiceTest {
 protected:
  void SetUp() override {
    OipServiceTest::SetUp();
    LoadGate("gate");
    Register("gate", segment_.name(), 64);
  }

  oip::ModelInferRequest GateInfer() {
    oip::ModelInferRequest request;
    request.set_model_name("gate");
    auto& x = *request.add_inputs();
    x.set_name("x");
    x.set_datatype("FP32");
    x.add_shape(1);
    request.add_raw_input_contents(BytesOf({4}));
    auto& gate = *request.add_inputs();
    gate.set_name("gate");
    gate.set_datatype("FP32");
    gate.add_shape(1);
    SetPlace(*gate.mutable_parameters(), "gate", 4, 0);
    return request;
  }

  std::future<grpc::Status> InferLater(grpc::ClientContext& context) {
    return std::async(std::launch::async, [this, &context] {
      oip::ModelInferResponse response;
      return stub_->ModelInfer(&context, GateInfer(), &response);
    });
  }

  void Open() const {
    const platform::FileDescriptor file(
        shm_open(segment_.name().c_str(), O_RDWR, 0));
    ASSERT_EQ(pwrite(file.number(), "\1", 1, 0), 1);
  }

  PosixSegment segment_{"-gate", 64, '\0'};
  std::future<grpc::Status> first_;
};

TEST_F(OipGateTest, ARequestThatWaitsPastItsDeadlineIsNotRun) {
  grpc::ClientContext slow;
  first_ = InferLater(slow);
  grpc::ClientContext impatient;
  impatient.set_deadline(std::chrono::system_clock::now() + milliseconds(50));
  oip::ModelInferResponse response;

  const auto status = stub_->ModelInfer(&impatient, GateInfer(), &response);

  EXPECT_EQ(status.error_code(), grpc::DEADLINE_EXCEEDED);
  Open();
  EXPECT_TRUE(first_.get().ok());
}

TEST_F(OipGateTest, TheTimeoutParameterIsADeadlineToo) {
  grpc::ClientContext slow;
  first_ = InferLater(slow);
  auto request = GateInfer();
  (*request.mutable_parameters())["timeout"].set_int64_param(20'000);
  grpc::ClientContext context;
  auto late = std::async(std::launch::async, [&] {
    return stub_->ModelInfer(&context, request, &response_);
  });
  late.wait_for(milliseconds(60));
  Open();
  const auto one = first_.get();
  const auto other = late.get();

  // Which of them came first is not known.
  EXPECT_TRUE(one.ok()) << one.error_message();
  if (!other.ok()) EXPECT_EQ(other.error_code(), grpc::DEADLINE_EXCEEDED);
}

TEST_F(OipGateTest, ACancelledCallEndsAtOnceAndTheModelGoesOn) {
  grpc::ClientContext context;
  first_ = InferLater(context);
  first_.wait_for(milliseconds(20));

  context.TryCancel();

  EXPECT_EQ(first_.get().error_code(), grpc::CANCELLED);
  Open();
  grpc::ClientContext next;
  EXPECT_TRUE(stub_->ModelInfer(&next, GateInfer(), &response_).ok());
}

TEST_F(OipGateTest, ADescriptorIsNotUsedAgainWhileItsCallsLive) {
  // PeerTable counts on it.
  auto [ours, theirs] = SocketPair();
  const int next = fcntl(theirs.number(), F_DUPFD_CLOEXEC, 0);
  close(next);
  server_->Adopt(std::move(ours), Self());
  const auto is_open = [next] { return fcntl(next, F_GETFD) != -1; };
  ASSERT_TRUE(is_open()) << "not the number that gRPC got";
  oip::ModelInferResponse response;
  {
    const int number = fcntl(theirs.number(), F_DUPFD_CLOEXEC, 0);
    fcntl(number, F_SETFL, O_NONBLOCK);
    theirs.Close();
    const auto stub = GRPCInferenceService::NewStub(
        grpc::CreateInsecureChannelFromFd("test", number));
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + milliseconds(100));
    EXPECT_EQ(stub->ModelInfer(&context, GateInfer(), &response).error_code(),
              grpc::DEADLINE_EXCEEDED);
  }
  // The client is gone, and the model still runs for it.
  grpc::ClientContext other;
  other.set_deadline(std::chrono::system_clock::now() + milliseconds(100));
  EXPECT_FALSE(stub_->ModelInfer(&other, GateInfer(), &response).ok());
  EXPECT_TRUE(is_open());
  Open();
  while (is_open()) std::this_thread::yield();
}

TEST_F(OipGateTest, AFullQueueIsResourceExhausted) {
  ModelOptions options;
  options.queue_length = 1;
  const auto loaded = store_.models->Swap(
      "gate", packages_.Write("short", MakeGateModel(DataType::kFloat32), "2"),
      options);
  ASSERT_TRUE(loaded) << loaded.error().message();
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<std::future<grpc::Status>> answers;
  for (int i = 0; i < 8; ++i) {
    contexts.push_back(std::make_unique<grpc::ClientContext>());
    answers.push_back(InferLater(*contexts.back()));
  }
  const auto ready_count = [&answers] {
    std::ptrdiff_t count = 0;
    for (auto& answer : answers) {
      count += answer.wait_for(milliseconds(0)) == std::future_status::ready;
    }
    return count;
  };
  while (ready_count() < 6) std::this_thread::yield();
  Open();

  int ok_count = 0;
  for (auto& answer : answers) {
    const auto status = answer.get();
    if (status.ok()) {
      ++ok_count;
    } else {
      EXPECT_EQ(status.error_code(), grpc::RESOURCE_EXHAUSTED);
    }
  }
  // One runs; another may wait if the first was taken up by then.
  EXPECT_TRUE(ok_count == 1 || ok_count == 2) << ok_count;
}

TEST_F(OipGateTest, ShuttingDownWaitsForWhatRuns) {
  grpc::ClientContext context;
  first_ = InferLater(context);
  first_.wait_for(milliseconds(20));
  auto shut_down = std::async(std::launch::async, [this] {
    server_->Shutdown(std::chrono::steady_clock::now() +
                      std::chrono::seconds(20));
  });
  EXPECT_EQ(shut_down.wait_for(milliseconds(50)), std::future_status::timeout);

  Open();

  EXPECT_TRUE(first_.get().ok());
  shut_down.get();
}

TEST_F(OipGateTest, ShuttingDownCancelsWhatRunsTooLong) {
  grpc::ClientContext context;
  first_ = InferLater(context);
  first_.wait_for(milliseconds(20));
  auto shut_down = std::async(std::launch::async, [this] {
    server_->Shutdown(std::chrono::steady_clock::now() + milliseconds(30));
  });

  EXPECT_FALSE(first_.get().ok());
  Open();
  shut_down.get();
}

}  // namespace
}  // namespace skerry::agent
