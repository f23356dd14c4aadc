#include "skerry/platform/dynamic_library.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "skerry/platform/cpu.h"
#include "skerry/platform/subprocess.h"
#include "skerry/platform/temp_directory.h"

namespace skerry::platform {
namespace {

using ::testing::StartsWith;

class DynamicLibraryTest : public ::testing::Test {
 protected:
  // Opens a new shared object whose function `Value` returns `value`.
  Result<DynamicLibrary> OpenLibraryOf(int value) {
    const std::string source = folder_.Join("value.c");
    const std::string object =
        folder_.Join("value" + std::to_string(value) + ".so");
    SKERRY_RETURN_IF_ERROR(WriteTextFile(
        source, "int Value(void) { return " + std::to_string(value) + "; }"));
    const std::string target =
        "--target=" + std::string(CpuArchitecture()) + "-linux-gnu";
    SKERRY_ASSIGN_OR_RETURN(
        const CommandResult compiled,
        RunCommand(
            {.arguments = {"clang-19", target, "-shared", "-fPIC", "-nostdlib",
                           "-fuse-ld=lld", source, "-o", object}}));
    if (compiled.exit_code != 0) return Internal(compiled.err);
    SKERRY_ASSIGN_OR_RETURN(const FileDescriptor file, OpenForReading(object));
    return DynamicLibrary::Open(file);
  }

  static int ValueOf(const DynamicLibrary& library) {
    using Function = int (*)();
    return reinterpret_cast<Function>(*library.Find("Value"))();
  }

  TempDirectory folder_ = *TempDirectory::Create("skerry-library-test");
};

TEST_F(DynamicLibraryTest, TellsObjectsApartThatShareADescriptorNumber) {
  const Result<DynamicLibrary> one = OpenLibraryOf(1);
  const Result<DynamicLibrary> two = OpenLibraryOf(2);

  ASSERT_TRUE(one) << one.error().message();
  ASSERT_TRUE(two) << two.error().message();
  EXPECT_EQ(ValueOf(*one), 1);
  EXPECT_EQ(ValueOf(*two), 2);
}

TEST_F(DynamicLibraryTest, NamesTheSymbolThatIsMissing) {
  const Result<DynamicLibrary> library = OpenLibraryOf(1);
  ASSERT_TRUE(library) << library.error().message();

  const Result<void*> symbol = library->Find("Other");

  ASSERT_FALSE(symbol);
  EXPECT_EQ(symbol.error().message(), "no symbol 'Other'");
}

TEST_F(DynamicLibraryTest, RefusesWhatIsNoSharedObject) {
  const std::string path = folder_.Join("text.so");
  ASSERT_TRUE(WriteTextFile(path, "not an object"));

  const Result<DynamicLibrary> library =
      DynamicLibrary::Open(*OpenForReading(path));

  ASSERT_FALSE(library);
  EXPECT_THAT(library.error().message(), StartsWith("dynamic loader: "));
}

}  // namespace
}  // namespace skerry::platform
