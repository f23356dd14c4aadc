#include "skerry/runtime/skerry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "skerry/platform/cpu.h"
#include "skerry/platform/file.h"
#include "skerry/platform/temp_directory.h"
#include "skerry/runtime/model_test_support.h"
#include "skerry/runtime/skerry.hpp"
#include "skerry/tensor/data_type.h"

namespace skerry::runtime {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

static_assert(SKERRY_FLOAT32 == static_cast<int>(DataType::kFloat32));
static_assert(SKERRY_UINT8 == static_cast<int>(DataType::kUint8));
static_assert(SKERRY_INT8 == static_cast<int>(DataType::kInt8));
static_assert(SKERRY_UINT16 == static_cast<int>(DataType::kUint16));
static_assert(SKERRY_INT16 == static_cast<int>(DataType::kInt16));
static_assert(SKERRY_INT32 == static_cast<int>(DataType::kInt32));
static_assert(SKERRY_INT64 == static_cast<int>(DataType::kInt64));
static_assert(SKERRY_BOOL == static_cast<int>(DataType::kBool));
static_assert(SKERRY_FLOAT16 == static_cast<int>(DataType::kFloat16));
static_assert(SKERRY_FLOAT64 == static_cast<int>(DataType::kFloat64));
static_assert(SKERRY_UINT32 == static_cast<int>(DataType::kUint32));
static_assert(SKERRY_UINT64 == static_cast<int>(DataType::kUint64));
static_assert(SKERRY_BFLOAT16 == static_cast<int>(DataType::kBfloat16));

class CApiTest : public ::testing::Test {
 protected:
  CApiTest() {
    const std::vector<std::byte> file = TestModelFile();
    EXPECT_EQ(skerry_model_load_bytes(file.data(), file.size(), &model_),
              SKERRY_OK)
        << skerry_last_error();
  }
  ~CApiTest() override { skerry_model_destroy(model_); }

  SkerrySession* MakeSession(const SkerrySessionOptions* options = nullptr) {
    SkerrySession* session = nullptr;
    EXPECT_EQ(skerry_session_create(model_, options, &session), SKERRY_OK)
        << skerry_last_error();
    return session;
  }

  SkerryModel* model_ = nullptr;
  std::vector<float> x_ = TestInput();
  float bias_ = 3;
};

TEST_F(CApiTest, DescribesInputsAndOutputs) {
  SkerryTensorInfo x{};
  SkerryTensorInfo rows{};

  ASSERT_EQ(skerry_model_input(model_, 0, &x), SKERRY_OK);
  ASSERT_EQ(skerry_model_output(model_, 1, &rows), SKERRY_OK);

  EXPECT_EQ(skerry_model_input_count(model_), 2U);
  EXPECT_EQ(skerry_model_output_count(model_), 2U);
  EXPECT_STREQ(x.name, "x");
  EXPECT_EQ(x.data_type, SKERRY_FLOAT32);
  EXPECT_THAT(std::vector<std::int64_t>(x.dims, x.dims + x.rank),
              ElementsAre(kRows, kColumns));
  EXPECT_EQ(x.byte_count, x_.size() * sizeof(float));
  EXPECT_STREQ(rows.name, "rows");
  EXPECT_STREQ(skerry_data_type_name(rows.data_type), "int64");
  EXPECT_EQ(rows.rank, 0);
  EXPECT_EQ(rows.byte_count, 8U);
}

TEST_F(CApiTest, RefusesAnIndexThatIsTooLarge) {
  SkerryTensorInfo info{};

  EXPECT_EQ(skerry_model_input(model_, 2, &info), SKERRY_OUT_OF_RANGE);
  EXPECT_STREQ(skerry_last_error(), "there is no input 2, the model has 2");
}

TEST_F(CApiTest, TellsWhereTheModelComesFrom) {
  SkerryModelInfo info{};

  ASSERT_EQ(skerry_model_info(model_, &info), SKERRY_OK);

  EXPECT_STREQ(info.name, "test model");
  EXPECT_STREQ(info.target, "native");
  EXPECT_EQ(info.architecture, platform::CpuArchitecture());
  EXPECT_EQ(info.cpu_feature_count, 0U);
  EXPECT_EQ(info.arena_bytes, x_.size() * sizeof(float));
}

TEST_F(CApiTest, RunsIntoGivenBuffers) {
  SkerrySessionOptions options{};
  options.struct_bytes = sizeof options;
  options.thread_count = 2;
  options.spin_microseconds = -1;
  SkerrySession* const session = MakeSession(&options);
  std::vector<float> y(x_.size());
  std::int64_t rows = 0;
  const SkerryInput inputs[] = {{x_.data(), x_.size() * sizeof(float)},
                                {&bias_, sizeof bias_}};
  const SkerryOutput outputs[] = {{y.data(), y.size() * sizeof(float)},
                                  {&rows, sizeof rows}};

  EXPECT_EQ(skerry_session_run(session, inputs, 2, outputs, 2), SKERRY_OK);

  EXPECT_EQ(skerry_session_thread_count(session), 2);
  EXPECT_EQ(y, ExpectedOutput(3));
  EXPECT_EQ(rows, kRows);
  skerry_session_destroy(session);
}

TEST_F(CApiTest, RunsIntoOwnBuffersAfterTheModelIsGone) {
  SkerrySession* const session = MakeSession();
  skerry_model_destroy(model_);
  model_ = nullptr;
  const SkerryInput inputs[] = {{x_.data(), x_.size() * sizeof(float)},
                                {&bias_, sizeof bias_}};
  const void* data = nullptr;
  std::size_t byte_count = 0;

  ASSERT_EQ(skerry_session_run(session, inputs, 2, nullptr, 0), SKERRY_OK);
  ASSERT_EQ(skerry_session_output(session, 0, &data, &byte_count), SKERRY_OK);

  const auto* const y = static_cast<const float*>(data);
  EXPECT_EQ(std::vector<float>(y, y + byte_count / sizeof(float)),
            ExpectedOutput(3));
  skerry_session_destroy(session);
}

TEST_F(CApiTest, NamesTheBufferThatDoesNotFit) {
  SkerrySession* const session = MakeSession();
  const SkerryInput inputs[] = {{x_.data(), 4}, {&bias_, sizeof bias_}};

  EXPECT_EQ(skerry_session_run(session, inputs, 2, nullptr, 0),
            SKERRY_INVALID_ARGUMENT);
  EXPECT_STREQ(skerry_last_error(),
               "input 'x': got 4 bytes, want 2688 for float32[7, 96]");
  EXPECT_EQ(skerry_session_run(session, inputs, 1, nullptr, 0),
            SKERRY_INVALID_ARGUMENT);
  EXPECT_STREQ(skerry_last_error(), "got 1 inputs, the model has 2");
  EXPECT_EQ(skerry_session_run(session, nullptr, 2, nullptr, 0),
            SKERRY_INVALID_ARGUMENT);
  skerry_session_destroy(session);
}

TEST_F(CApiTest, RefusesNull) {
  SkerryModel* model = nullptr;
  SkerrySession* session = nullptr;
  const void* data = nullptr;

  EXPECT_EQ(skerry_model_load_file(nullptr, &model), SKERRY_INVALID_ARGUMENT);
  EXPECT_STREQ(skerry_last_error(), "path is null");
  EXPECT_EQ(skerry_model_load_bytes(nullptr, 0, &model),
            SKERRY_INVALID_ARGUMENT);
  EXPECT_EQ(skerry_model_load_file("x", nullptr), SKERRY_INVALID_ARGUMENT);
  EXPECT_EQ(skerry_session_create(nullptr, nullptr, &session),
            SKERRY_INVALID_ARGUMENT);
  EXPECT_EQ(skerry_session_run(nullptr, nullptr, 0, nullptr, 0),
            SKERRY_INVALID_ARGUMENT);
  EXPECT_EQ(skerry_session_output(nullptr, 0, &data, nullptr),
            SKERRY_INVALID_ARGUMENT);
  EXPECT_EQ(skerry_model_input_count(nullptr), 0U);
  EXPECT_EQ(skerry_session_thread_count(nullptr), 0);
  skerry_model_destroy(nullptr);
  skerry_session_destroy(nullptr);
}

TEST_F(CApiTest, RefusesOptionsOfAnUnknownSize) {
  SkerrySessionOptions options{};
  SkerrySession* session = nullptr;

  EXPECT_EQ(skerry_session_create(model_, &options, &session),
            SKERRY_INVALID_ARGUMENT);
  EXPECT_THAT(skerry_last_error(), HasSubstr("options.struct_bytes is 0"));
}

TEST_F(CApiTest, RefusesOtherFiles) {
  SkerryModel* model = nullptr;

  EXPECT_EQ(skerry_model_load_file("/no/such.so", &model), SKERRY_NOT_FOUND);
  EXPECT_EQ(skerry_model_load_file("/proc/self/exe", &model),
            SKERRY_INVALID_ARGUMENT);
  EXPECT_EQ(model, nullptr);
  EXPECT_THAT(skerry_last_error(), HasSubstr("not a model"));
}

TEST(CApiVersionTest, HasThreeNumbers) {
  EXPECT_THAT(skerry_version(),
              ::testing::MatchesRegex("[0-9]+.[0-9]+.[0-9]+"));
}

TEST(CApiVersionTest, UnknownDataTypesHaveAName) {
  EXPECT_STREQ(skerry_data_type_name(static_cast<SkerryDataType>(15)),
               "unknown");
}

TEST(CcApiTest, LoadsDescribesAndRuns) {
  const auto model = api::Model::Load(TestModelFile());
  ASSERT_TRUE(model) << model.error().message;
  SkerrySessionOptions options{};
  options.thread_count = 2;
  auto session = api::Session::Create(*model, options);
  ASSERT_TRUE(session) << session.error().message;
  const std::vector<float> x = TestInput();
  const std::vector<float> bias = {5};
  std::vector<float> y(x.size());
  std::vector<std::int64_t> rows(1);

  const auto ran = session->Run({api::Input(x), api::Input(bias)},
                                {api::Output(y), api::Output(rows)});

  ASSERT_TRUE(ran) << ran.error().message;
  EXPECT_EQ(model->input_count(), 2U);
  EXPECT_STREQ(model->output(0).name, "y");
  EXPECT_STREQ(model->info().compiler, "none");
  EXPECT_EQ(session->thread_count(), 2);
  EXPECT_EQ(y, ExpectedOutput(5));
  EXPECT_EQ(rows[0], kRows);
}

TEST(CcApiTest, RunsIntoOwnBuffers) {
  const auto model = api::Model::Load(TestModelFile());
  ASSERT_TRUE(model) << model.error().message;
  auto session = api::Session::Create(*model);
  ASSERT_TRUE(session) << session.error().message;
  const std::vector<float> x = TestInput();
  const std::vector<float> bias = {5};

  const auto ran = session->Run({api::Input(x), api::Input(bias)});

  ASSERT_TRUE(ran) << ran.error().message;
  EXPECT_THAT(session->Output<float>(0),
              ::testing::ElementsAreArray(ExpectedOutput(5)));
}

TEST(CcApiTest, ErrorsKeepStatusAndMessage) {
  const auto model = api::Model::Load("/no/such.so");

  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().status, SKERRY_NOT_FOUND);
  EXPECT_THAT(model.error().message, HasSubstr("/no/such.so"));
}

}  // namespace
}  // namespace skerry::runtime
