#include "skerry/agent/serving/model_package.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "skerry/agent/serving/package_manifest.h"
#include "skerry/agent/serving/serving_test_support.h"
#include "skerry/platform/file.h"
#include "skerry/platform/temp_directory.h"
#include "skerry/trust/key_test_support.h"

namespace skerry::agent {
namespace {

namespace fs = std::filesystem;

using ::testing::HasSubstr;

class ModelPackageTest : public ::testing::Test {
 protected:
  void Put(const std::string& name, std::string_view text) {
    const auto written = platform::WriteTextFile(folder_.Join(name), text);
    ASSERT_TRUE(written) << written.error().message();
  }
  void PutModel(const std::string& name) {
    ASSERT_TRUE(platform::WriteFile(folder_.Join(name), MakeScaleModel(2)));
  }
  std::string Package() const { return folder_.Join("package"); }

  Error Failure(const trust::TrustRoots* roots = nullptr) const {
    const auto read = ReadModelPackage(Package(), roots);
    return read ? Internal("it was read") : read.error();
  }

  platform::TempDirectory folder_ =
      platform::TempDirectory::Create("skerry-package-").value();
};

TEST_F(ModelPackageTest, ReadsWhatWasWritten) {
  PutModel("scale.so");
  const auto written = WriteModelPackage(Package(), folder_.Join("scale.so"),
                                         "wind-turbine", "1.0", nullptr);
  ASSERT_TRUE(written) << written.error().message();

  const auto read = ReadModelPackage(Package(), nullptr);

  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->folder, fs::canonical(Package()).string());
  EXPECT_EQ(read->model_path, read->folder + "/scale.so");
  EXPECT_EQ(read->name, "wind-turbine");
  EXPECT_EQ(read->version, "1.0");
  EXPECT_EQ(read->manifest.model_name, "scale");
  EXPECT_FALSE(read->is_signed);
  EXPECT_EQ(
      WriteModelPackage(Package(), folder_.Join("scale.so"), "a", "1", nullptr)
          .error()
          .code(),
      ErrorCode::kAlreadyExists);
}

TEST_F(ModelPackageTest, AModelAloneIsAPackage) {
  fs::create_directory(Package());
  PutModel("package/m.so");

  const auto read = ReadModelPackage(Package(), nullptr);

  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->name, "scale");
  EXPECT_EQ(read->version, "1");
}

TEST_F(ModelPackageTest, LibrariesOfOthersAreNoModels) {
  fs::create_directory(Package());
  PutModel("package/compiled.so");
  Put("package/libdlr.so",
      "\x7F"
      "ELF and so on");
  Put("package/empty.so", "");

  const auto read = ReadModelPackage(Package(), nullptr);

  ASSERT_TRUE(read) << read.error().message();
  EXPECT_THAT(read->model_path, HasSubstr("compiled.so"));
}

TEST_F(ModelPackageTest, WithoutAModelItIsNotFound) {
  EXPECT_EQ(Failure().code(), ErrorCode::kNotFound);
  fs::create_directory(Package());
  EXPECT_EQ(Failure().code(), ErrorCode::kNotFound);
  fs::remove(Package());
  Put("package", "a file");
  EXPECT_EQ(Failure().code(), ErrorCode::kNotFound);
}

TEST_F(ModelPackageTest, SeveralOrDamagedModelsAreNamed) {
  fs::create_directory(Package());
  PutModel("package/a.so");
  PutModel("package/b.so");
  EXPECT_EQ(Failure().code(), ErrorCode::kFailedPrecondition);
  EXPECT_THAT(Failure().message(), HasSubstr("b.so"));

  fs::remove(folder_.Join("package/b.so"));
  fs::resize_file(folder_.Join("package/a.so"),
                  fs::file_size(folder_.Join("package/a.so")) - 1);
  EXPECT_EQ(Failure().code(), ErrorCode::kFailedPrecondition);
  EXPECT_THAT(Failure().message(), HasSubstr("a.so"));
}

TEST_F(ModelPackageTest, LinksMustStayInTheFolder) {
  fs::create_directory(Package());
  PutModel("outside.so");
  fs::create_symlink(folder_.Join("outside.so"), Package() + "/m.so");
  EXPECT_EQ(Failure().code(), ErrorCode::kFailedPrecondition);
  EXPECT_THAT(Failure().message(), HasSubstr("m.so"));

  fs::remove(Package() + "/m.so");
  PutModel("package/inside.bin");
  fs::create_symlink("inside.bin", Package() + "/m.so");
  EXPECT_TRUE(ReadModelPackage(Package(), nullptr));
}

TEST_F(ModelPackageTest, PipesAndFoldersAreNoModels) {
  fs::create_directories(Package() + "/folder.so");
  EXPECT_EQ(Failure().code(), ErrorCode::kFailedPrecondition);
  EXPECT_THAT(Failure().message(), HasSubstr("folder.so"));
}

TEST_F(ModelPackageTest, ADamagedManifestIsNamed) {
  fs::create_directory(Package());
  PutModel("package/m.so");
  Put("package/sagemaker_edge_manifest", "{");
  EXPECT_EQ(Failure().code(), ErrorCode::kFailedPrecondition);
  EXPECT_THAT(Failure().message(), HasSubstr("sagemaker_edge_manifest"));
}

// A signed package, and the roots that vouch for it.
class SignedPackageTest : public ModelPackageTest {
 protected:
  SignedPackageTest() {
    roots_ = MakeRoots("roots", key_);
    PutModel("m.so");
    Put("key.pem", key_.PrivatePem());
    const auto secret = trust::SigningKey::Load(folder_.Join("key.pem"));
    EXPECT_TRUE(secret) << secret.error().message();
    const auto written = WriteModelPackage(Package(), folder_.Join("m.so"), "n",
                                           "2", secret->get());
    EXPECT_TRUE(written) << written.error().message();
  }

  std::shared_ptr<const trust::TrustRoots> MakeRoots(
      const std::string& name, const trust::TestKey& key) {
    fs::create_directory(folder_.Join(name));
    Put(name + "/a.pem", key.PublicPem());
    fs::permissions(folder_.Join(name + "/a.pem"), fs::perms::owner_read);
    auto roots = trust::TrustRoots::Load(folder_.Join(name));
    EXPECT_TRUE(roots) << roots.error().message();
    return *std::move(roots);
  }

  void ExpectFailure(std::string_view message) {
    const Error error = Failure(roots_.get());
    EXPECT_EQ(error.code(), ErrorCode::kFailedPrecondition);
    EXPECT_THAT(error.message(), HasSubstr(message));
  }

  const trust::TestKey key_ = trust::TestKey::Ed25519();
  std::shared_ptr<const trust::TrustRoots> roots_;
};

TEST_F(SignedPackageTest, IsReadIfARootSignedIt) {
  const auto read = ReadModelPackage(Package(), roots_.get());

  ASSERT_TRUE(read) << read.error().message();
  EXPECT_TRUE(read->is_signed);
  EXPECT_EQ(read->version, "2");
}

TEST_F(SignedPackageTest, IsRefusedIfAnotherSignedIt) {
  roots_ = MakeRoots("others", trust::TestKey::Ed25519());
  ExpectFailure("sagemaker_edge_manifest.sig");
}

TEST_F(SignedPackageTest, IsRefusedWithoutASignature) {
  fs::remove(Package() + "/sagemaker_edge_manifest.sig");
  ExpectFailure("must be signed");
  fs::remove(Package() + "/sagemaker_edge_manifest");
  ExpectFailure("must be signed");
}

TEST_F(SignedPackageTest, IsRefusedIfAFileChanged) {
  std::vector<std::byte> model = MakeScaleModel(2);
  model[model.size() / 2] ^= std::byte{1};
  ASSERT_TRUE(platform::WriteFile(Package() + "/m.so", model));
  ExpectFailure("SHA-256");
  fs::resize_file(Package() + "/m.so", 1);
  ExpectFailure("has 1 bytes");
  fs::remove(Package() + "/m.so");
  ExpectFailure("not there");
}

TEST_F(SignedPackageTest, IsRefusedIfAFileIsNotListed) {
  Put("package/other.txt", "");
  ExpectFailure("does not list it");
}

TEST_F(SignedPackageTest, IsRefusedIfItsManifestChanged) {
  const std::string path = Package() + "/sagemaker_edge_manifest";
  auto text = platform::ReadTextFile(path, kPackageManifestBytesMax);
  ASSERT_TRUE(text);
  ASSERT_TRUE(platform::WriteTextFile(path, *text + " "));
  ExpectFailure("sagemaker_edge_manifest.sig");
}

TEST(PackageManifestTest, WhatIsPrintedIsRead) {
  const PackageManifest manifest{
      "model \"x\"", "1.0", {{"m.so", {std::string(64, 'a'), 7}}}};
  const auto read = ParsePackageManifest(PrintPackageManifest(manifest));
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(*read, manifest);

  for (std::size_t size : {0U, 1U, 2U, 3U, 64U}) {
    const PackageSignature signature{
        "ed25519", std::vector<std::byte>(size, std::byte{0xA5})};
    const auto again = ParsePackageSignature(PrintPackageSignature(signature));
    ASSERT_TRUE(again) << again.error().message();
    EXPECT_EQ(again->signature, signature.signature);
  }
}

TEST(PackageManifestTest, NamesWhatIsWrong) {
  const std::string start =
      R"({"metadata": {"model_name": "n", "model_version": "1"}, "files": )";
  const std::vector<std::pair<std::string, const char*>> wrong = {
      {"", "no JSON"},
      {"7", "no JSON object"},
      {"{}", "'metadata'"},
      {R"({"metadata": {"model_name": 1}})", "'model_name' is a number"},
      {R"({"metadata": {"model_name": ""}})", "printable"},
      {R"({"metadata": {"model_name": "n"}})", "'model_version'"},
      {R"({"metadata": {"model_name": "n", "model_version": "a/b"}})", "'/'"},
      {start + "1}", "'files' is no object"},
      {start + R"({"../m.so": {}}})", "no plain file name"},
      {start + R"({"m.so": 1}})", "file 'm.so'"},
      {start + R"({"m.so": {"sha256": "A"}}})", "64 lower-case"},
  };
  for (const auto& [text, message] : wrong) {
    const auto read = ParsePackageManifest(text);
    ASSERT_FALSE(read) << text;
    EXPECT_THAT(read.error().message(), HasSubstr(message)) << text;
  }
  for (const char* signature : {"a", "====", "AA=A", "A===", "AA A"}) {
    std::string text = R"({"algorithm": "ed25519", "signature": ")";
    text += signature;
    EXPECT_FALSE(ParsePackageSignature(text + "\"}")) << signature;
  }
}

}  // namespace
}  // namespace skerry::agent
