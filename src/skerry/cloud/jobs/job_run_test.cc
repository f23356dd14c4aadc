#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "skerry/agent/serving/model_package.h"
#include "skerry/cloud/database/database_test_support.h"
#include "skerry/cloud/jobs/archive_reader.h"
#include "skerry/cloud/jobs/archive_writer.h"
#include "skerry/cloud/jobs/compile_job.h"
#include "skerry/cloud/jobs/component_recipe.h"
#include "skerry/cloud/jobs/file_digest.h"
#include "skerry/cloud/jobs/job_run_test_support.h"
#include "skerry/cloud/jobs/lineage.h"
#include "skerry/cloud/jobs/packaging_job.h"
#include "skerry/trust/key_test_support.h"

namespace skerry::cloud {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using Json = nlohmann::json;

constexpr const char* kCopies = "echo compiling; cp $PREMADE $4";

class JobRunTest : public testing::Test {
 protected:
  JobRunTest() {
    objects_.MakeBucket("models");
    key_path_ = folder_.Join("key");
    EXPECT_TRUE(platform::WriteTextFile(key_path_, key_.PrivatePem()));
    signer_ = *trust::SigningKey::Load(key_path_);
    EXPECT_TRUE(database_->Migrate(JobMigrations()));
    PutSource({{.name = "net.onnx", .text = "weights"}});
  }

  void PutSource(std::vector<ArchiveSource> sources) {
    const std::string path = folder_.Join("source.tar.gz");
    fs::remove(path);
    ASSERT_TRUE(WriteArchive(path, std::move(sources)));
    ASSERT_TRUE(objects_.Put({"models", "in/net.tar.gz"},
                             *platform::OpenForReading(path), ""));
  }

  static Json Request() {
    return {{"InputConfig",
             {{"S3Uri", "s3://models/in/net.tar.gz"},
              {"Framework", "ONNX"},
              {"DataInputConfig", R"({"x": [1, 3]})"}}},
            {"OutputConfig",
             {{"S3OutputLocation", "s3://models/out/"},
              {"TargetPlatform", {{"Os", "LINUX"}, {"Arch", "X86_64"}}}}},
            {"StoppingCondition", {{"MaxRuntimeInSeconds", 60}}}};
  }

  JobSite Site() {
    const std::string work = folder_.Join("work");
    fs::remove_all(work);
    fs::create_directory(work);
    return {.objects = objects_,
            .work_folder = work,
            .stop_requested = [this] { return stop_; },
            .log = [this](std::string_view text) { log_ += text; }};
  }

  JobOutcome Compile(const Json& request, const char* script = kCopies) {
    ScriptedCompiler compiler(script);
    const Job job{.name = "job", .spec = request.dump(), .created = 1000000};
    const JobSite site = Site();
    return RunCompileJob(job, site, {.sandbox = compiler.sandbox()});
  }
  std::string Reason(const Json& request, const char* script = kCopies) {
    const JobOutcome outcome = Compile(request, script);
    EXPECT_EQ(outcome.end, JobOutcome::End::kFailed);
    return outcome.failure_reason;
  }

  // Compiles, and packages what came out.
  JobOutcome Package(const std::string& version, Json output = {}) {
    const JobOutcome compiled = Compile(Request());
    EXPECT_EQ(compiled.end, JobOutcome::End::kCompleted)
        << compiled.failure_reason;
    EXPECT_TRUE(database_->Write([&](Transaction& transaction) {
      return RecordArtifact(transaction, {.uri = compiled.artifact_uri,
                                          .sha256 = compiled.artifact_sha256,
                                          .job_name = "job",
                                          .lineage = compiled.lineage});
    }));
    Json request = Json::parse(compiled.result);
    request["CompilationJobName"] = "job";
    request["ModelName"] = "detector";
    request["ModelVersion"] = version;
    request["OutputConfig"] = output.is_object() ? output : Json::object();
    request["OutputConfig"]["S3OutputLocation"] = "s3://models/packages";
    return PackageAs(request);
  }
  JobOutcome PackageAs(const Json& request) {
    const Job job{
        .kind = JobKind::kPackaging, .name = "pack", .spec = request.dump()};
    const JobSite site = Site();
    return RunPackagingJob(job, site,
                           {.database = *database_, .key = signer_.get()});
  }

  platform::TempDirectory folder_ =
      *platform::TempDirectory::Create("job-run-test");
  TestDatabase place_{"sqlite"};
  std::unique_ptr<Database> database_ = place_.Open();
  FolderObjects objects_;
  trust::TestKey key_ = trust::TestKey::Ed25519();
  std::string key_path_;
  std::unique_ptr<trust::SigningKey> signer_;
  bool stop_ = false;
  std::string log_;
};

TEST_F(JobRunTest, ACompilationMakesAnArchiveInNeosLayout) {
  const JobOutcome outcome = Compile(Request());

  ASSERT_EQ(outcome.end, JobOutcome::End::kCompleted) << outcome.failure_reason;
  EXPECT_EQ(outcome.artifact_uri, "s3://models/out/net-LINUX_X86_64.tar.gz");
  const Json result = Json::parse(outcome.result);
  EXPECT_EQ(result["ModelArtifacts"]["S3ModelArtifacts"], outcome.artifact_uri);
  EXPECT_THAT(result["ModelDigests"]["ArtifactDigest"].get<std::string>(),
              testing::MatchesRegex("blake2b:[0-9a-f]{128}"));
  const std::string unpacked = folder_.Join("unpacked");
  fs::create_directory(unpacked);
  const auto archive = platform::OpenForReading(
      objects_.Path({"models", "out/net-LINUX_X86_64.tar.gz"}));
  ASSERT_TRUE(ExtractArchive(*archive, ArchiveLimits(), unpacked));
  const Json meta =
      Json::parse(*platform::ReadTextFile(unpacked + "/compiled.meta", 9999));
  EXPECT_EQ(meta["Requirements"]["TargetDevice"], "LINUX_X86_64");
  EXPECT_EQ(meta["Requirements"]["TargetDeviceType"], "cpu");
  EXPECT_EQ(meta["Compilation"]["CreatedTime"], "1970-01-01T00:00:01.000000");
  EXPECT_EQ(meta["Model"]["Inputs"],
            Json::parse(R"([{"name":"x","dtype":"float32","shape":[1,3]}])"));
  const Json manifest =
      Json::parse(*platform::ReadTextFile(unpacked + "/manifest", 9999));
  EXPECT_TRUE(manifest["files"].contains("compiled.so"));
  EXPECT_EQ(manifest["lineage"]["source"]["uri"], "s3://models/in/net.tar.gz");
  EXPECT_THAT(log_, AllOf(HasSubstr("compiling\n"), HasSubstr("artifact: ")));
}

TEST_F(JobRunTest, TheSameJobMakesTheSameBytes) {
  const std::string first = Compile(Request()).artifact_sha256;

  EXPECT_EQ(Compile(Request()).artifact_sha256, first);
}

TEST_F(JobRunTest, InputsThatAreNotStatedAreDerived) {
  Json request = Request();
  request["InputConfig"].erase("DataInputConfig");

  const JobOutcome outcome = Compile(request);

  EXPECT_EQ(Json::parse(
                outcome.result)["DerivedInformation"]["DerivedDataInputConfig"],
            R"({"x":[1,3]})");
}

TEST_F(JobRunTest, WhatTheClientCanMendIsAClientError) {
  const std::string input = "ClientError: InputConfiguration: ";
  Json request = Request();
  request["InputConfig"]["S3Uri"] = "s3://models/none.tar.gz";
  EXPECT_EQ(Reason(request),
            input +
                "S3 object does not exist. Bucket: models, Key: "
                "none.tar.gz");

  request = Request();
  request["InputConfig"]["Framework"] = "PYTORCH";
  EXPECT_EQ(Reason(request),
            input +
                "No pth file found for PyTorch model. Please make sure the "
                "framework you select is correct.");

  request["InputConfig"]["Framework"] = "TENSORFLOW";
  EXPECT_THAT(Reason(request), HasSubstr("tf2onnx and use Framework ONNX"));

  request = Request();
  request["InputConfig"]["DataInputConfig"] = "{'x': [None, 3]}";
  EXPECT_THAT(Reason(request),
              StartsWith(input + "DataInputConfig: input 'x': dimension null"));

  request = Request();
  request["OutputConfig"]["TargetPlatform"]["Accelerator"] = "NVIDIA";
  EXPECT_THAT(Reason(request), HasSubstr("without Accelerator compiles for"));

  request = Request();
  request["OutputConfig"]["S3OutputLocation"] = "s3://nowhere/";
  EXPECT_THAT(Reason(request),
              StartsWith("ClientError: OutputConfiguration: "));
}

TEST_F(JobRunTest, AnArchiveOfAnotherKindIsRefused) {
  const std::string path = folder_.Join("bad");
  ASSERT_TRUE(platform::WriteTextFile(path, "no archive"));
  ASSERT_TRUE(objects_.Put({"models", "in/net.tar.gz"},
                           *platform::OpenForReading(path), ""));

  EXPECT_THAT(Reason(Request()),
              HasSubstr("Unable to untar input model. Please confirm the model "
                        "is a tar.gz file"));
}

TEST_F(JobRunTest, TwoModelsAreOneTooMany) {
  PutSource({{.name = "a.onnx", .text = "x"}, {.name = "b.onnx", .text = "y"}});

  EXPECT_THAT(Reason(Request()),
              HasSubstr("Exactly one .onnx file is allowed for ONNX models, "
                        "found 'a.onnx', 'b.onnx'"));
}

TEST_F(JobRunTest, TheCompilersWordsBecomeTheReason) {
  EXPECT_EQ(Reason(Request(),
                   "echo \"skerry: error: '$2': node 'n' (op 'Odd'): operator "
                   "is not supported\" >&2; exit 2"),
            "ClientError: OperatorNotImplemented: 'net.onnx': node 'n' (op "
            "'Odd'): operator is not supported");
  EXPECT_THAT(
      Reason(Request(), "echo 'skerry: error: input x\n  try: y'; exit 2"),
      HasSubstr("ClientError: InputConfiguration: input x; try: y"));
  EXPECT_THAT(Reason(Request(), "echo nonsense; exit 1"),
              HasSubstr("ServerError: the compiler ended with exit code 1: "
                        "nonsense"));
  EXPECT_THAT(Reason(Request(), "kill -SEGV $$"), HasSubstr("signal 11"));
}

TEST_F(JobRunTest, WhatTheCompilerMadeIsNotTrusted) {
  EXPECT_THAT(Reason(Request(), "true"),
              HasSubstr("the compiler made no file"));
  EXPECT_THAT(Reason(Request(), "ln -s /etc/passwd $4"),
              StartsWith("ServerError: "));
  EXPECT_THAT(Reason(Request(), "mkfifo $4"), StartsWith("ServerError: "));
  EXPECT_THAT(Reason(Request(), "echo garbage > $4"),
              StartsWith("ServerError: "));
}

TEST_F(JobRunTest, AJobEndsAtItsTimeLimit) {
  Json request = Request();
  request["StoppingCondition"]["MaxRuntimeInSeconds"] = 1;

  EXPECT_THAT(Reason(request, "sleep 20"),
              HasSubstr("longer than the 1 s of "
                        "StoppingCondition.MaxRuntimeInSeconds"));
}

TEST_F(JobRunTest, ACpuOfAnotherArchitectureIsNoticed) {
  Json request = Request();
  request["OutputConfig"]["TargetPlatform"]["Arch"] = "ARM64";

  EXPECT_THAT(Reason(request), HasSubstr("is a CPU of x86_64, but the target "
                                         "LINUX_ARM64 is aarch64"));
}

TEST_F(JobRunTest, AJobThatIsStoppedMakesNothing) {
  stop_ = true;

  EXPECT_EQ(Compile(Request()).end, JobOutcome::End::kStopped);

  EXPECT_EQ(objects_.Content("models", "out/net-LINUX_X86_64.tar.gz"), "");
}

TEST_F(JobRunTest, AFileIsDigestedInThreeWays) {
  const std::string path = folder_.Join("abc");
  ASSERT_TRUE(platform::WriteTextFile(path, "abc"));

  const auto digests = DigestFile(*platform::OpenForReading(path));

  ASSERT_TRUE(digests) << digests.error().message();
  EXPECT_EQ(digests->byte_count, 3U);
  EXPECT_EQ(digests->sha1, "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_THAT(digests->sha256, StartsWith("ba7816bf8f01cfea414140de5dae2223"));
  EXPECT_THAT(digests->blake2b, StartsWith("ba80a53f981c4d0d6a2797b69f12f6e9"));
}

TEST_F(JobRunTest, APackageIsWhatAgentsLoad) {
  const JobOutcome outcome = Package("1.0");

  ASSERT_EQ(outcome.end, JobOutcome::End::kCompleted) << outcome.failure_reason;
  EXPECT_EQ(outcome.artifact_uri, "s3://models/packages/detector-1.0.tar.gz");
  const std::string unpacked = folder_.Join("package");
  fs::create_directory(unpacked);
  const auto archive = platform::OpenForReading(
      objects_.Path({"models", "packages/detector-1.0.tar.gz"}));
  ASSERT_TRUE(ExtractArchive(*archive, ArchiveLimits(), unpacked));
  const std::string roots_folder = folder_.Join("roots");
  fs::create_directory(roots_folder);
  ASSERT_TRUE(
      platform::WriteTextFile(roots_folder + "/root.pem", key_.PublicPem()));
  fs::permissions(roots_folder + "/root.pem", fs::perms::owner_read);
  const auto roots = trust::TrustRoots::Load(roots_folder);
  ASSERT_TRUE(roots) << roots.error().message();
  const auto package = agent::ReadModelPackage(unpacked, roots->get());
  ASSERT_TRUE(package) << package.error().message();
  EXPECT_TRUE(package->is_signed);
  EXPECT_EQ(package->name, "detector");
  EXPECT_EQ(package->version, "1.0");
  const Json manifest = Json::parse(
      *platform::ReadTextFile(unpacked + "/sagemaker_edge_manifest", 99999));
  const Json& lineage = manifest["lineage"];
  EXPECT_EQ(lineage["source"]["uri"], "s3://models/in/net.tar.gz");
  EXPECT_EQ(lineage["source"]["sha256"].get<std::string>().size(), 64U);
  EXPECT_EQ(lineage["compiler"]["version"], "skerry test");
  EXPECT_EQ(lineage["compiler"]["flags"], Json({"--input=x=1,3"}));
  EXPECT_EQ(lineage["signature_key_id"], signer_->key_id());
  EXPECT_EQ(Json::parse(Json::parse(outcome.result)["ModelSignature"]
                            .get<std::string>())["algorithm"],
            "ed25519");
  EXPECT_EQ(Json::parse(outcome.result)["Sha1"], DigestFile(*archive)->sha1);
}

TEST_F(JobRunTest, AVersionIsImmutable) {
  ASSERT_EQ(Package("1.0").end, JobOutcome::End::kCompleted);
  const std::string before =
      objects_.Content("models", "packages/detector-1.0.tar.gz");
  EXPECT_EQ(Package("1.0").end, JobOutcome::End::kCompleted) << "the same";
  PutSource({{.name = "net.onnx", .text = "other weights"}});

  const JobOutcome changed = Package("1.0");

  EXPECT_EQ(changed.end, JobOutcome::End::kFailed);
  EXPECT_THAT(changed.failure_reason, HasSubstr("versions do not change"));
  EXPECT_EQ(objects_.Content("models", "packages/detector-1.0.tar.gz"), before);
  EXPECT_EQ(Package("1.1").end, JobOutcome::End::kCompleted);
  EXPECT_EQ(ReadInt(*database_, "SELECT COUNT(*) FROM model_versions"), 2);
}

TEST_F(JobRunTest, AnObjectOfSomebodyElseIsNotOverwritten) {
  const std::string path = folder_.Join("theirs");
  ASSERT_TRUE(platform::WriteTextFile(path, "theirs"));
  ASSERT_TRUE(objects_.Put({"models", "packages/detector-1.0.tar.gz"},
                           *platform::OpenForReading(path), ""));

  EXPECT_THAT(Package("1.0").failure_reason,
              HasSubstr("exists and is no package of this server"));
  EXPECT_EQ(objects_.Content("models", "packages/detector-1.0.tar.gz"),
            "theirs");
}

TEST_F(JobRunTest, AnArtifactThatWasReplacedIsNotPackaged) {
  const JobOutcome compiled = Compile(Request());
  Json request = Json::parse(compiled.result);
  request["ModelName"] = "detector";
  request["ModelVersion"] = "1";
  request["OutputConfig"]["S3OutputLocation"] = "s3://models/packages";
  request["ModelDigests"]["ArtifactDigest"] = "blake2b:00";

  EXPECT_THAT(PackageAs(request).failure_reason,
              HasSubstr("is not what the compilation job made"));
}

TEST_F(JobRunTest, AGreengrassComponentGetsARecipe) {
  const JobOutcome outcome =
      Package("1.0", {{"PresetDeploymentType", "GreengrassV2Component"},
                      {"PresetDeploymentConfig",
                       R"({"ComponentName": "net", "ComponentVersion":
                           "2.0.1", "PlatformOS": "Linux",
                           "PlatformArchitecture": "Linux x86_64"})"}});

  const Json preset = Json::parse(outcome.result)["PresetDeploymentOutput"];
  EXPECT_EQ(preset["Status"], "COMPLETED");
  EXPECT_EQ(preset["Artifact"], "s3://models/packages/net-2.0.1.json");
  const Json recipe =
      Json::parse(objects_.Content("models", "packages/net-2.0.1.json"));
  EXPECT_EQ(recipe["RecipeFormatVersion"], "2020-01-25");
  EXPECT_EQ(recipe["Manifests"][0]["Artifacts"][0]["Uri"],
            "s3://models/packages/detector-1.0.tar.gz");
}

TEST(ComponentRecipeTest, WhatIsWrongIsSaid) {
  const auto words = [](const char* config) {
    const auto recipe = MakeComponentRecipe({.config = config,
                                             .job_name = "j",
                                             .model_version = "1",
                                             .architecture = "x86_64"});
    return recipe ? recipe->version : recipe.error().message();
  };
  EXPECT_EQ(words(""), "1.0.0");
  EXPECT_THAT(words("[]"), HasSubstr("no JSON object"));
  EXPECT_THAT(words(R"({"ComponentVersion": "1.0"})"),
              HasSubstr("want MAJOR.MINOR.PATCH"));
  EXPECT_THAT(words(R"({"PlatformOS": "Windows"})"), HasSubstr("Linux only"));
  EXPECT_THAT(words(R"({"PlatformArchitecture": "Linux ARMV8"})"),
              HasSubstr("the model is for 'Linux x86_64'"));
  EXPECT_THAT(words(R"({"ComponentName": "a b"})"), HasSubstr("1 to 128"));
}

}  // namespace
}  // namespace skerry::cloud
