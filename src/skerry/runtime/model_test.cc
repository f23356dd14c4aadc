#include "skerry/runtime/model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <vector>

#include "skerry/model/container.h"
#include "skerry/platform/cpu.h"
#include "skerry/platform/temp_directory.h"
#include "skerry/runtime/model_test_support.h"

namespace skerry::runtime {
namespace {

using ::testing::HasSubstr;

class ModelTest : public ::testing::Test {
 protected:
  // Writes `file` as `name` and loads it.
  Result<std::shared_ptr<const Model>> Load(const std::string& name,
                                            std::span<const std::byte> file) {
    const std::string path = folder_.Join(name);
    SKERRY_RETURN_IF_ERROR(platform::WriteFile(path, file));
    return Model::LoadFile(path);
  }

  // The error that a model with `manifest` gives.
  Error ErrorOf(const Manifest& manifest) {
    const auto model = Load("m.so", WriteContainer(TestElf(), manifest));
    return model ? Error(ErrorCode::kUnknown, "none") : model.error();
  }

  platform::TempDirectory folder_ =
      *platform::TempDirectory::Create("skerry-model-test");
};

TEST_F(ModelTest, LoadsAFile) {
  const auto model = Load("m.so", TestModelFile());

  ASSERT_TRUE(model) << model.error().message();
  EXPECT_EQ((*model)->manifest(), TestManifest());
  EXPECT_NE((*model)->run(), nullptr);
}

TEST_F(ModelTest, LoadsBytes) {
  const auto model = Model::LoadBytes(TestModelFile());

  ASSERT_TRUE(model) << model.error().message();
  EXPECT_EQ((*model)->manifest(), TestManifest());
  EXPECT_NE((*model)->run(), nullptr);
}

TEST_F(ModelTest, TheFileMayGoAwayOnceLoaded) {
  const auto model = Load("m.so", TestModelFile());
  ASSERT_TRUE(model) << model.error().message();

  std::filesystem::remove(folder_.Join("m.so"));
  const auto other = Load("m.so", TestModelFile());

  ASSERT_TRUE(other) << other.error().message();
  EXPECT_NE((*model)->run(), (*other)->run());
}

TEST_F(ModelTest, NamesTheFileThatIsMissing) {
  const auto model = Model::LoadFile("/no/such/model.so");

  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(model.error().message(),
            "'/no/such/model.so': No such file or directory");
}

TEST_F(ModelTest, RefusesAFolder) {
  const auto model = Model::LoadFile(folder_.path());

  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(model.error().message(), HasSubstr("not a regular file"));
}

TEST_F(ModelTest, RefusesAModelForAnotherArchitecture) {
  Manifest manifest = TestManifest();
  manifest.architecture = "riscv64";

  const Error error = ErrorOf(manifest);

  EXPECT_EQ(error.code(), ErrorCode::kFailedPrecondition);
  EXPECT_THAT(error.message(),
              HasSubstr("the model is compiled for riscv64, this machine is " +
                        std::string(platform::CpuArchitecture())));
}

TEST_F(ModelTest, NamesAllCpuFeaturesThatAreMissing) {
  Manifest manifest = TestManifest();
  manifest.target = "mars";
  manifest.cpu_features = {
      "avx9000", std::string(platform::CpuFeatures().front()), "telepathy"};

  const Error error = ErrorOf(manifest);

  EXPECT_EQ(error.code(), ErrorCode::kFailedPrecondition);
  EXPECT_THAT(error.message(),
              HasSubstr("the model is compiled for target 'mars'; this CPU "
                        "lacks avx9000 telepathy"));
}

TEST_F(ModelTest, RefusesOtherFiles) {
  const auto text = Load("m.so", std::vector<std::byte>(1000));
  const auto library = Load("m.so", TestElf());

  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(text.error().message(), HasSubstr("m.so': not a model"));
  ASSERT_FALSE(library);
  EXPECT_THAT(library.error().message(), HasSubstr("truncated"));
}

TEST_F(ModelTest, RefusesTruncatedFiles) {
  const std::vector<std::byte> whole = TestModelFile();

  for (std::size_t count = 0; count < whole.size(); count += 97) {
    const auto model = Load("m.so", std::span(whole).first(count));
    ASSERT_FALSE(model) << count;
    ASSERT_THAT(model.error().message(), HasSubstr("m.so': ")) << count;
  }
}

TEST_F(ModelTest, RefusesFilesWithAFlippedBit) {
  const std::vector<std::byte> whole = TestModelFile();

  for (std::size_t i = 0; i < whole.size(); i += 13) {
    std::vector<std::byte> file = whole;
    file[i] ^= static_cast<std::byte>(1 << (i % 8));
    ASSERT_FALSE(Model::LoadBytes(file)) << "byte " << i;
  }
}

// The test model's object without one of its symbols.
std::vector<std::byte> ElfWithout(std::string_view symbol) {
  std::vector<std::byte> elf = TestElf();
  const auto name = std::as_bytes(std::span(symbol));
  auto at = elf.begin();
  while ((at = std::search(at, elf.end(), name.begin(), name.end())) !=
         elf.end()) {
    *at = std::byte{'S'};
  }
  return elf;
}

TEST_F(ModelTest, ModelsFromBeforeLayersRanAloneAreLoaded) {
  Manifest manifest = TestManifest();
  manifest.compiler = "skerry 0.0.1";

  const auto model =
      Load("m.so",
           WriteContainer(ElfWithout(SKERRY_MODEL_RUN_LAYER_SYMBOL), manifest));

  ASSERT_TRUE(model) << model.error().message();
  EXPECT_NE((*model)->run(), nullptr);
  const auto run_layer = (*model)->FindRunLayer();
  ASSERT_FALSE(run_layer);
  EXPECT_EQ(run_layer.error().code(), ErrorCode::kFailedPrecondition);
  EXPECT_THAT(run_layer.error().message(),
              HasSubstr("compiled by skerry 0.0.1, has no "
                        "skerry_model_run_layer_v1"));
}

TEST_F(ModelTest, RefusesAnObjectWithoutTheEntryPoint) {
  const auto model =
      Load("m.so",
           WriteContainer(ElfWithout(SKERRY_MODEL_RUN_SYMBOL), TestManifest()));

  ASSERT_FALSE(model);
  EXPECT_THAT(model.error().message(),
              HasSubstr("no symbol 'skerry_model_run_v1'"));
}

TEST_F(ModelTest, ModelsOfOneNameAreToldApart) {
  const auto first = Load("m.so", TestModelFile());
  Manifest manifest = TestManifest();
  manifest.model_name = "second";
  const auto second = Load("m.so", WriteContainer(TestElf(), manifest));

  ASSERT_TRUE(first) << first.error().message();
  ASSERT_TRUE(second) << second.error().message();
  EXPECT_EQ((*second)->manifest().model_name, "second");
  EXPECT_NE((*first)->run(), (*second)->run());
}

}  // namespace
}  // namespace skerry::runtime
