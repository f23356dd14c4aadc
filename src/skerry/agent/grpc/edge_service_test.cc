// AWS.SageMaker.Edge.Agent, over a socket, with real stubs and models.
#include <grpcpp/client_context.h>

#include <array>
#include <filesystem>
#include <limits>
#include <thread>

#include "skerry/agent/grpc/edge_types.h"
#include "skerry/agent/grpc/grpc_test_support.h"
#include "skerry/agent/shm/shm_test_support.h"
#include "skerry/platform/temp_directory.h"

namespace skerry::agent {
namespace {

class EdgeServiceTest : public GrpcTest {
 protected:
  void SetUp() override { stub_ = edge::Agent::NewStub(Connect()); }

  template <class Request, class Response>
  grpc::Status Call(grpc::Status (edge::Agent::Stub::*method)(
                        grpc::ClientContext*, const Request&, Response*),
                    const Request& request, Response& response) {
    grpc::ClientContext context;
    response.Clear();
    return (stub_.get()->*method)(&context, request, &response);
  }

  grpc::Status Predict(const edge::PredictRequest& request) {
    return Call(&edge::Agent::Stub::Predict, request, response_);
  }

  template <class Change>
  grpc::Status PredictChanged(Change change) {
    edge::PredictRequest request = ScalePredict("scale", {1, 2, 3});
    change(request);
    return Predict(request);
  }

  grpc::Status Load(const std::string& url, const std::string& name) {
    edge::LoadModelRequest request;
    request.set_url(url);
    request.set_name(name);
    return Call(&edge::Agent::Stub::LoadModel, request, loaded_);
  }

  grpc::Status UnLoad(const std::string& name) {
    edge::UnLoadModelRequest request;
    request.set_name(name);
    edge::UnLoadModelResponse response;
    return Call(&edge::Agent::Stub::UnLoadModel, request, response);
  }

  // A package whose compiled model has been cut.
  std::string Damaged() {
    const std::string folder = packages_.Write("damaged", MakeScaleModel(2));
    for (const auto& file : std::filesystem::directory_iterator(folder)) {
      if (file.path().extension() != ".so") continue;
      std::filesystem::resize_file(file, file.file_size() / 2);
    }
    return folder;
  }

  std::unique_ptr<edge::Agent::Stub> stub_;
  edge::PredictResponse response_;
  edge::LoadModelResponse loaded_;
};

TEST_F(EdgeServiceTest, TheFlowOfTheDeveloperGuideWorks) {
  const std::string folder = packages_.Write("package", MakeScaleModel(2));
  const auto loaded = Load(folder, "model-1-0");
  ASSERT_TRUE(loaded.ok()) << loaded.error_message();
  EXPECT_EQ(loaded_.model().name(), "model-1-0");
  EXPECT_EQ(loaded_.model().url(), folder);

  edge::ListModelsResponse list;
  ASSERT_TRUE(
      Call(&edge::Agent::Stub::ListModels, edge::ListModelsRequest(), list)
          .ok());
  ASSERT_EQ(list.models_size(), 1);
  const edge::Model& model = list.models(0);
  ASSERT_EQ(model.input_tensor_metadatas_size(), 1);

  edge::PredictRequest request;
  request.set_name(model.name());
  auto& tensor = *request.add_tensors();
  *tensor.mutable_tensor_metadata() = model.input_tensor_metadatas(0);
  tensor.set_byte_data(BytesOf({1, 2, 3}));
  const auto status = Predict(request);
  ASSERT_TRUE(status.ok()) << status.error_message();
  ASSERT_EQ(response_.tensors_size(), 2);
  EXPECT_EQ(FloatsOf(response_.tensors(0).byte_data()),
            (std::vector<float>{2, 4, 6}));
  EXPECT_EQ(response_.tensors(0).tensor_metadata().name(), "y");
  EXPECT_EQ(response_.tensors(0).tensor_metadata().data_type(), edge::FLOAT32);
  EXPECT_EQ(response_.tensors(0).tensor_metadata().shape(1), 3);

  EXPECT_TRUE(UnLoad("model-1-0").ok());
  EXPECT_EQ(Predict(request).error_code(), grpc::NOT_FOUND);
  EXPECT_TRUE(Load("file://" + folder, "model-1-0").ok());
}

TEST_F(EdgeServiceTest, AFolderMayBeRelativeToTheWorkingDirectory) {
  const std::string folder = packages_.Write("package", MakeScaleModel(2));

  const auto status =
      Load(std::filesystem::relative(folder).string(), "relative");

  EXPECT_TRUE(status.ok()) << status.error_message();
}

TEST_F(EdgeServiceTest, LoadingAnswersWithTheDocumentedCodes) {
  const std::string folder = packages_.Write("package", MakeScaleModel(2));
  ASSERT_TRUE(Load(folder, "taken").ok());
  EXPECT_EQ(Load(folder, "taken").error_code(), grpc::ALREADY_EXISTS);
  EXPECT_EQ(Load(folder + "/none", "name").error_code(), grpc::NOT_FOUND);
  EXPECT_EQ(Load(folder, "under_score").error_code(), grpc::INVALID_ARGUMENT);
  EXPECT_EQ(Load(folder, "").error_code(), grpc::INVALID_ARGUMENT);
  EXPECT_EQ(Load(Damaged(), "name").error_code(), grpc::FAILED_PRECONDITION);
  EXPECT_EQ(UnLoad("none").error_code(), grpc::NOT_FOUND);
  edge::DescribeModelRequest describe;
  describe.set_name("none");
  edge::DescribeModelResponse described;
  EXPECT_EQ(
      Call(&edge::Agent::Stub::DescribeModel, describe, described).error_code(),
      grpc::NOT_FOUND);
  describe.set_name("taken");
  ASSERT_TRUE(
      Call(&edge::Agent::Stub::DescribeModel, describe, described).ok());
  EXPECT_EQ(described.model().output_tensor_metadatas_size(), 2);
}

TEST_F(EdgeServiceTest, MetadataMayBeLeftOut) {
  LoadScale("scale");

  const auto status = PredictChanged(
      [](auto& r) { r.mutable_tensors(0)->clear_tensor_metadata(); });

  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(FloatsOf(response_.tensors(1).byte_data()),
            (std::vector<float>{12}));
}

TEST_F(EdgeServiceTest, WhatIsWrongWithARequestIsNamed) {
  LoadScale("scale");
  using Request = edge::PredictRequest;
  struct Case {
    void (*change)(Request& request);
    grpc::StatusCode code;
    std::string words;
  };
  const auto metadata = [](Request& r) -> edge::TensorMetadata& {
    return *r.mutable_tensors(0)->mutable_tensor_metadata();
  };
  static const auto kMetadata = metadata;
  const Case cases[] = {
      {[](Request& r) { r.set_name("none"); }, grpc::NOT_FOUND, "none"},
      {[](Request& r) { r.clear_tensors(); }, grpc::INVALID_ARGUMENT, ""},
      {[](Request& r) { *r.add_tensors() = r.tensors(0); },
       grpc::INVALID_ARGUMENT, ""},
      {[](Request& r) { kMetadata(r).set_name("z"); }, grpc::INVALID_ARGUMENT,
       "z"},
      {[](Request& r) { kMetadata(r).set_name(std::string("\xff\0", 2)); },
       grpc::INVALID_ARGUMENT, ""},
      {[](Request& r) { kMetadata(r).set_data_type(edge::FLOAT64); },
       grpc::INVALID_ARGUMENT, "x"},
      {[](Request& r) { kMetadata(r).set_data_type(edge::UINT8); },
       grpc::INVALID_ARGUMENT, "x"},
      {[](Request& r) {
         kMetadata(r).set_data_type(static_cast<edge::DataType>(99));
       },
       grpc::INVALID_ARGUMENT, "99"},
      {[](Request& r) { kMetadata(r).set_shape(0, 2); }, grpc::INVALID_ARGUMENT,
       "x"},
      {[](Request& r) { kMetadata(r).set_shape(0, -1); },
       grpc::INVALID_ARGUMENT, "x"},
      {[](Request& r) {
         for (int i = 0; i < 100; ++i) kMetadata(r).add_shape(1 << 30);
       },
       grpc::INVALID_ARGUMENT, "x"},
      {[](Request& r) {
         r.mutable_tensors(0)->mutable_byte_data()->pop_back();
       },
       grpc::INVALID_ARGUMENT, "x"},
      {[](Request& r) { r.mutable_tensors(0)->clear_byte_data(); },
       grpc::INVALID_ARGUMENT, "neither byte_data"},
      {[](Request& r) {
         r.mutable_tensors(0)->mutable_shared_memory_handle()->set_segment_id(
             ~std::uint64_t{0});
       },
       grpc::NOT_FOUND, "tensor 'x'"},
  };
  for (const Case& c : cases) {
    const auto status = PredictChanged(c.change);
    EXPECT_EQ(status.error_code(), c.code) << status.error_message();
    EXPECT_NE(status.error_message().find(c.words), std::string::npos)
        << "'" << status.error_message() << "' lacks '" << c.words << "'";
  }
  EXPECT_TRUE(Predict(ScalePredict("scale", {1, 2, 3})).ok());
}

TEST_F(EdgeServiceTest, ASegmentOfSizeZeroHasWhatTheTensorNeeds) {
  LoadScale("scale");
  const SystemVSegment segment(64, '\0');
  for (const bool with_metadata : {true, false}) {
    const auto status = PredictChanged([&](auto& r) {
      auto& tensor = *r.mutable_tensors(0);
      if (!with_metadata) tensor.clear_tensor_metadata();
      tensor.mutable_shared_memory_handle()->set_segment_id(segment.id());
    });
    ASSERT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(FloatsOf(response_.tensors(0).byte_data()),
              (std::vector<float>{0, 0, 0}));
  }
  for (const std::uint64_t offset : {std::uint64_t{60}, ~std::uint64_t{0}}) {
    const auto status = PredictChanged([&](auto& r) {
      auto& handle = *r.mutable_tensors(0)->mutable_shared_memory_handle();
      handle.set_segment_id(segment.id());
      handle.set_offset(offset);
    });
    EXPECT_EQ(status.error_code(), grpc::INVALID_ARGUMENT)
        << status.error_message();
  }
  segment.SetMode(0600);
  const auto writable = PredictChanged([&](auto& r) {
    r.mutable_tensors(0)->mutable_shared_memory_handle()->set_segment_id(
        segment.id());
  });
  EXPECT_EQ(writable.error_code(), grpc::PERMISSION_DENIED);
}

TEST_F(EdgeServiceTest, CapturingThatIsNotConfiguredSaysSo) {
  LoadScale("scale");
  edge::CaptureDataRequest request;
  request.set_model_name("scale");
  request.set_capture_id("id");
  edge::CaptureDataResponse response;

  const auto status = Call(&edge::Agent::Stub::CaptureData, request, response);

  EXPECT_EQ(status.error_code(), grpc::FAILED_PRECONDITION);
  EXPECT_NE(status.error_message().find("not configured"), std::string::npos);
  edge::GetCaptureDataStatusRequest ask;
  ask.set_capture_id("id");
  edge::GetCaptureDataStatusResponse answer;
  ASSERT_TRUE(Call(&edge::Agent::Stub::GetCaptureDataStatus, ask, answer).ok());
  EXPECT_EQ(answer.status(), edge::NOT_FOUND);
}

class EdgeCaptureTest : public EdgeServiceTest {
 protected:
  void SetUp() override {
    CaptureOptions options;
    options.device_name = "device";
    options.fleet_name = "fleet";
    options.disk_path = folder_.path();
    options.batch_size = 1;
    auto capture =
        Capture::Create(options, nullptr, store_.metrics, store_.log);
    ASSERT_TRUE(capture) << capture.error().message();
    capture_ = *std::move(capture);
    EdgeServiceTest::SetUp();
    LoadScale("scale");
  }

  edge::CaptureDataRequest Request(const std::string& id) const {
    edge::CaptureDataRequest request;
    request.set_model_name("scale");
    request.set_capture_id(id);
    *request.add_input_tensors() = ScalePredict("", {1, 2, 3}).tensors(0);
    auto& data = *request.add_inputs();
    data.set_name("label");
    data.set_encoding(edge::JSON);
    data.set_byte_data("{}");
    return request;
  }

  grpc::Status Accept(const edge::CaptureDataRequest& request) {
    edge::CaptureDataResponse response;
    return Call(&edge::Agent::Stub::CaptureData, request, response);
  }

  edge::CaptureDataStatus State(const std::string& id) {
    edge::GetCaptureDataStatusRequest request;
    request.set_capture_id(id);
    edge::GetCaptureDataStatusResponse response;
    EXPECT_TRUE(
        Call(&edge::Agent::Stub::GetCaptureDataStatus, request, response).ok());
    return response.status();
  }

  platform::TempDirectory folder_ =
      platform::TempDirectory::Create("skerry-capture").value();
};

TEST_F(EdgeCaptureTest, DataIsKeptInlineAndFromSharedMemory) {
  const SystemVSegment segment(64, 'x');
  auto shared = Request("shared");
  shared.mutable_input_tensors(0)
      ->mutable_shared_memory_handle()
      ->set_segment_id(segment.id());
  auto& output = *shared.add_output_tensors();  // the model's first
  output.set_byte_data(BytesOf({2, 4, 6}));

  for (const auto& request : {Request("inline"), shared}) {
    const auto status = Accept(request);
    ASSERT_TRUE(status.ok()) << status.error_message();
  }

  for (const char* id : {"inline", "shared"}) {
    while (State(id) == edge::IN_PROGRESS) std::this_thread::yield();
    EXPECT_EQ(State(id), edge::SUCCESS);
  }
  EXPECT_EQ(State("none"), edge::NOT_FOUND);
}

TEST_F(EdgeCaptureTest, RefusalsHaveTheDocumentedCodes) {
  ASSERT_TRUE(Accept(Request("taken")).ok());
  const auto code = [this](auto change) {
    auto request = Request("new");
    change(request);
    return Accept(request).error_code();
  };
  EXPECT_EQ(code([](auto& r) { r.set_capture_id("taken"); }),
            grpc::ALREADY_EXISTS);
  EXPECT_EQ(code([](auto& r) { r.set_capture_id(""); }),
            grpc::INVALID_ARGUMENT);
  EXPECT_EQ(code([](auto& r) { r.set_model_name("none"); }), grpc::NOT_FOUND);
  EXPECT_EQ(code([](auto& r) {
              r.mutable_inference_timestamp()->set_seconds(4'000'000'000);
            }),
            grpc::OUT_OF_RANGE);
  EXPECT_EQ(code([](auto& r) {
              r.mutable_inference_timestamp()->set_seconds(
                  std::numeric_limits<std::int64_t>::max());
            }),
            grpc::OUT_OF_RANGE);
  EXPECT_EQ(
      code([](auto& r) { r.mutable_inference_timestamp()->set_nanos(-1); }),
      grpc::INVALID_ARGUMENT);
  EXPECT_EQ(code([](auto& r) {
              r.mutable_input_tensors(0)->mutable_byte_data()->pop_back();
            }),
            grpc::INVALID_ARGUMENT);
  EXPECT_EQ(code([](auto& r) {
              r.mutable_inputs(0)->set_encoding(static_cast<edge::Encoding>(9));
            }),
            grpc::INVALID_ARGUMENT);
  EXPECT_EQ(code([](auto& r) {
              r.mutable_inputs(0)->mutable_shared_memory_handle();
            }),
            grpc::INVALID_ARGUMENT);
}

TEST(EdgeTypesTest, EachTypeGoesByANumberOfItsWidth) {
  for (const DataType type :
       {DataType::kBool, DataType::kUint8, DataType::kUint16, DataType::kUint32,
        DataType::kUint64, DataType::kInt8, DataType::kInt16, DataType::kInt32,
        DataType::kInt64, DataType::kFloat16, DataType::kFloat32,
        DataType::kFloat64, DataType::kBfloat16}) {
    const auto back = FromEdgeType(EdgeType(type));
    ASSERT_TRUE(back.has_value());
    EXPECT_EQ(ElementBytes(*back), ElementBytes(type));
    if (*back != type) EXPECT_TRUE(IsSharedEdgeType(EdgeType(type)));
  }
  EXPECT_FALSE(FromEdgeType(static_cast<edge::DataType>(7)));
}

}  // namespace
}  // namespace skerry::agent
