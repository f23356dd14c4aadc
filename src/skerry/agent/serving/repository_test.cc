#include "skerry/agent/serving/repository.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "skerry/agent/serving/serving_test_support.h"
#include "skerry/platform/file.h"

namespace skerry::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class RepositoryTest : public ::testing::Test {
 protected:
  RepositoryTest() {
    std::filesystem::create_directories(files_.Path("root/scale"));
    auto created = Repository::Create(files_.Path("root"), *store_.models);
    EXPECT_TRUE(created) << created.error().message();
    repository_ = *std::move(created);
  }

  void AddVersion(const std::string& version, int factor) {
    files_.Write("root/scale/" + version, MakeScaleModel(factor));
    std::filesystem::remove(files_.Path("root/scale/" + version + ".so"));
  }

  void Configure(const std::string& json) {
    ASSERT_TRUE(
        platform::WriteTextFile(files_.Path("root/scale/config.json"), json));
  }

  std::string Index(bool ready_only = false) const {
    std::string text;
    for (const Repository::Entry& entry : repository_->Index(ready_only)) {
      text += entry.name + "/" + entry.version + ":" + entry.state;
      if (!entry.reason.empty()) text += " (" + entry.reason + ")";
      text += "\n";
    }
    return text;
  }

  // The factor of the version that a request gets.
  float FactorOf(const std::string& unit) {
    const std::array<float, kScaleColumns> x = {1, 0, 0};
    InferenceRequest request = ScaleRequest("scale", x);
    request.unit = unit;
    const auto result = InferAndWait(*store_.models, std::move(request));
    return result ? FloatsOf(result->outputs[0])[0] : -1;
  }

  TestPackages files_;
  TestStore store_;
  std::unique_ptr<Repository> repository_;
};

TEST_F(RepositoryTest, ServesTheHighestVersionByNumber) {
  for (const auto& [version, factor] :
       {std::pair{"2", 2}, {"9", 9}, {"10", 3}}) {
    AddVersion(version, factor);
  }
  EXPECT_EQ(Index(),
            "scale/2:UNAVAILABLE (not loaded)\n"
            "scale/9:UNAVAILABLE (not loaded)\n"
            "scale/10:UNAVAILABLE (not loaded)\n");

  const auto loaded = repository_->Load("scale", "");

  ASSERT_TRUE(loaded) << loaded.error().message();
  EXPECT_EQ(FactorOf(""), 3);
  EXPECT_EQ(Index(true), "scale/10:READY\n");
  ASSERT_TRUE(repository_->Unload("scale"));
  EXPECT_THAT(Index(), HasSubstr("scale/10:UNAVAILABLE (unloaded)\n"));
  EXPECT_EQ(repository_->Unload("scale").error().code(), ErrorCode::kNotFound);
}

TEST_F(RepositoryTest, LoadsAnewWhatIsLoaded) {
  AddVersion("1", 1);
  ASSERT_TRUE(repository_->Load("scale", ""));
  AddVersion("2", 2);

  ASSERT_TRUE(repository_->Load("scale", ""));

  EXPECT_EQ(FactorOf(""), 2);
  EXPECT_EQ(Index(true), "scale/2:READY\n");
}

TEST_F(RepositoryTest, SplitsAsTheConfigurationSays) {
  AddVersion("1", 1);
  AddVersion("2", 2);
  AddVersion("3", 3);
  Configure(R"({"queue": 9, "split": {"salt": "s",
      "arms": {"2": 10000, "1": 0}, "shadow": "3"}})");

  const auto loaded = repository_->Load("scale", "");

  ASSERT_TRUE(loaded) << loaded.error().message();
  EXPECT_EQ(FactorOf(""), 2);
  EXPECT_EQ(FactorOf("unit"), 2);
  EXPECT_EQ(Index(true), "scale/1:READY\nscale/2:READY\nscale/3:READY\n");
  EXPECT_EQ(store_.models->Describe("scale", "")->options.queue_length, 9U);
  // The caller's configuration counts in place of the file's.
  ASSERT_TRUE(repository_->Load("scale", R"({"queue": 8})"));
  EXPECT_EQ(Index(true), "scale/3:READY\n");
}

TEST_F(RepositoryTest, AFailedLoadSaysWhyAndLeavesWhatIsServed) {
  AddVersion("1", 1);
  ASSERT_TRUE(repository_->Load("scale", ""));
  std::filesystem::create_directory(files_.Path("root/scale/2"));

  const auto loaded = repository_->Load("scale", "");

  ASSERT_FALSE(loaded);
  EXPECT_THAT(Index(), HasSubstr("scale/2:UNAVAILABLE (there is no compiled"));
  EXPECT_EQ(FactorOf(""), 1);
}

TEST_F(RepositoryTest, NamesDoNotLeadOutOfTheFolder) {
  AddVersion("1", 1);
  std::filesystem::create_directory_symlink(files_.Path("root/scale"),
                                            files_.Path("root/inside"));
  std::filesystem::create_directory_symlink("/usr", files_.Path("root/out"));

  for (const char* name : {"", ".", "..", "../root/scale", "no-such"}) {
    EXPECT_EQ(repository_->Load(name, "").error().code(), ErrorCode::kNotFound)
        << name;
  }
  EXPECT_EQ(repository_->Load("out", "").error().code(),
            ErrorCode::kFailedPrecondition);
  EXPECT_TRUE(repository_->Load("inside", ""));
}

TEST_F(RepositoryTest, WithoutAFolderItListsWhatTheStoreHas) {
  const auto repository = Repository::Create("", *store_.models);
  ASSERT_TRUE(repository);
  ASSERT_TRUE(store_.models->Load(
      "m", files_.Write("a", MakeScaleModel(2), "1.0"), std::nullopt));

  EXPECT_EQ((*repository)->Load("m", "").error().code(), ErrorCode::kNotFound);
  const auto index = (*repository)->Index(false);
  ASSERT_EQ(index.size(), 1U);
  EXPECT_EQ(index[0].version, "1.0");
  EXPECT_TRUE((*repository)->Unload("m"));
  EXPECT_THAT((*repository)->Index(false), IsEmpty());
}

TEST(ModelConfigurationTest, ReadsAllKeys) {
  const auto read = ParseModelConfiguration(
      R"({"instances": 2, "threads": 3, "cores": [0, 1], "queue": 5,
          "batch_delay_us": 500, "isolate": true,
          "split": {"salt": "exp-7", "arms": {"b": 9000, "a": 1000},
                    "shadow": "3"}})",
      {});

  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->options.instance_count, 2);
  EXPECT_EQ(read->options.thread_count, 3);
  EXPECT_THAT(read->options.cores, ElementsAre(0, 1));
  EXPECT_EQ(read->options.queue_length, 5U);
  EXPECT_EQ(read->options.batch_delay, std::chrono::microseconds(500));
  EXPECT_TRUE(read->options.isolate);
  ASSERT_TRUE(read->split);
  EXPECT_EQ(read->split->salt, "exp-7");
  ASSERT_EQ(read->split->arms.size(), 2U);
  EXPECT_EQ(read->split->arms[0].version, "b");  // in their order
  EXPECT_EQ(read->split->shadow, "3");
}

TEST(ModelConfigurationTest, KeepsTheDefaultsOfKeysThatAreNotThere) {
  ModelOptions defaults;
  defaults.queue_length = 77;
  EXPECT_EQ(ParseModelConfiguration("", defaults)->options.queue_length, 77U);
  EXPECT_EQ(ParseModelConfiguration("{}", defaults)->options.queue_length, 77U);
}

TEST(ModelConfigurationTest, DeepNestingIsRefusedLikeAnyOtherValue) {
  constexpr std::size_t kDepth = 30000;
  const std::string deep = std::string(kDepth, '[') + std::string(kDepth, ']');
  const auto read = ParseModelConfiguration("{\"queue\": " + deep + "}", {});
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().message(), HasSubstr("'queue' is an array"));
}

TEST(ModelConfigurationTest, RefusesAndNamesWhatIsWrong) {
  const std::vector<std::pair<const char*, const char*>> wrong = {
      {"[]", "no JSON object"},
      {"{", "no JSON"},
      {R"({"instance": 1})", "'instance' is 1, want no such key"},
      {R"({"queue": 1, "queue": 2})", "'queue' twice"},
      {R"({"instances": "2"})", "'instances' is \"2\", want a whole number"},
      {R"({"instances": 65})", "instance_count is 65, want 1 to 64"},
      {R"({"queue": 0})", "queue_length is 0"},
      {R"({"queue": 1e3})", "'queue' is 1000.0"},
      {R"({"queue": 18446744073709551615})", "'queue'"},
      {R"({"threads": -1})", "'threads' is -1"},
      {R"({"cores": 1})", "'cores' is 1, want an array"},
      {R"({"isolate": 1})", "'isolate' is 1, want true or false"},
      {R"({"split": {"salt": "s"}})", "make 0, want 10000"},
      {R"({"split": {"arms": {"1": 5000}}})", "make 5000, want 10000"},
      {R"({"split": {"arms": {"1": 10000}, "shadow": "1"}})", "both an arm"},
      {R"({"split": {"arms": {"../1": 10000}}})", "without '/'"},
      {R"({"split": {"arms": {"1": 10000}, "x": 1}})", "'split.x'"},
  };
  for (const auto& [json, message] : wrong) {
    const auto read = ParseModelConfiguration(json, {});
    ASSERT_FALSE(read) << json;
    EXPECT_EQ(read.error().code(), ErrorCode::kInvalidArgument) << json;
    EXPECT_THAT(read.error().message(), HasSubstr(message)) << json;
  }
}

}  // namespace
}  // namespace skerry::agent
