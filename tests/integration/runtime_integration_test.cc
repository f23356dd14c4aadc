// The runtime as its users meet it: a C program, and the shared library.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "skerry/platform/file.h"
#include "skerry/platform/subprocess.h"
#include "skerry/platform/temp_directory.h"
#include "skerry/runtime/model_test_support.h"

namespace skerry::runtime {
namespace {

using ::testing::HasSubstr;

constexpr std::size_t kOutputBytesMax = std::size_t{1} << 20;

class RunModelTest : public ::testing::Test {
 protected:
  RunModelTest() {
    const std::vector<float> x = TestInput();
    const float bias = 4;
    Write("m.so", TestModelFile());
    Write("x.bin", std::as_bytes(std::span(x)));
    Write("bias.bin", std::as_bytes(std::span(&bias, 1)));
  }

  void Write(const std::string& name, std::span<const std::byte> content) {
    const auto written = platform::WriteFile(folder_.Join(name), content);
    ASSERT_TRUE(written) << written.error().message();
  }

  // Runs run_model in the folder.
  platform::CommandResult Run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), SKERRY_BINARY_DIR "/bin/run_model");
    const std::string emulator = SKERRY_EMULATOR;
    if (!emulator.empty()) {
      arguments.insert(arguments.begin(),
                       {emulator, "-L", "/usr/aarch64-linux-gnu"});
    }
    const auto result = platform::RunCommand(
        {.arguments = std::move(arguments), .folder = folder_.path()});
    EXPECT_TRUE(result) << result.error().message();
    return result.value_or(platform::CommandResult{});
  }

  platform::TempDirectory folder_ =
      *platform::TempDirectory::Create("skerry-run-model-test");
};

TEST_F(RunModelTest, ACProgramRunsAModel) {
  for (const std::string threads : {"1", "2", "-1"}) {
    const auto result = Run({"m.so", "out", threads, "x.bin", "bias.bin"});

    ASSERT_EQ(result.exit_code, 0) << result.err;
    const auto y =
        platform::ReadFile(folder_.Join("out0.bin"), kOutputBytesMax);
    const std::vector<float> expected = ExpectedOutput(4);
    ASSERT_TRUE(y) << y.error().message();
    ASSERT_EQ(y->size(), expected.size() * sizeof(float));
    EXPECT_EQ(std::memcmp(y->data(), expected.data(), y->size()), 0);
  }
}

TEST_F(RunModelTest, ACProgramIsToldWhatIsWrong) {
  std::vector<std::byte> file = TestModelFile();
  file[file.size() / 2] ^= std::byte{16};
  Write("bad.so", file);

  const auto result = Run({"bad.so", "out", "1", "x.bin", "bias.bin"});

  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err,
              HasSubstr("'bad.so': compiled model is damaged: its checksum "
                        "does not match"));
}

}  // namespace
}  // namespace skerry::runtime
