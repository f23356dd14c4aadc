#include "skerry/trust/package_signature.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "skerry/platform/file.h"
#include "skerry/platform/subprocess.h"
#include "skerry/platform/temp_directory.h"
#include "skerry/trust/key.h"
#include "skerry/trust/key_test_support.h"

namespace skerry::trust {
namespace {

using ::testing::HasSubstr;

std::span<const std::byte> BytesOf(std::string_view text) {
  return std::as_bytes(std::span(text));
}

class PackageSignatureTest : public ::testing::Test {
 protected:
  // Writes a file and returns its path.
  std::string Put(std::string_view name, std::string_view text,
                  unsigned mode = 0400) {
    const std::string path = folder_.Join(name);
    const auto written = platform::WriteTextFile(path, text);
    EXPECT_TRUE(written) << written.error().message();
    std::filesystem::permissions(path,
                                 static_cast<std::filesystem::perms>(mode));
    return path;
  }

  Error LoadError() const {
    const auto roots = TrustRoots::Load(folder_.path());
    return roots ? Internal("loaded") : roots.error();
  }

  platform::TempDirectory folder_ =
      platform::TempDirectory::Create("skerry-trust-").value();
};

TEST_F(PackageSignatureTest, AnyOfTheRootsVouchesForAPackage) {
  const TestKey rsa = TestKey::Rsa(2048);
  const TestKey ed25519 = TestKey::Ed25519();
  Put("a.pem", rsa.CertificatePem());
  Put("b.pem", ed25519.PublicPem());
  Put("readme.txt", "not read", 0666);
  const auto roots = TrustRoots::Load(folder_.path());
  ASSERT_TRUE(roots) << roots.error().message();

  for (const TestKey* made : {&rsa, &ed25519}) {
    const auto key = SigningKey::Load(Put("secret", made->PrivatePem(), 0600));
    ASSERT_TRUE(key) << key.error().message();
    const auto signature = (*key)->Sign(BytesOf("manifest"));
    ASSERT_TRUE(signature) << signature.error().message();
    EXPECT_TRUE(
        (*roots)->Verify((*key)->algorithm(), BytesOf("manifest"), *signature));
  }
}

TEST_F(PackageSignatureTest, ASignatureOfAnotherKeyOrAlgorithmIsDenied) {
  Put("a.pem", TestKey::Ed25519().PublicPem());
  const auto roots = TrustRoots::Load(folder_.path());
  ASSERT_TRUE(roots) << roots.error().message();
  const auto stranger =
      SigningKey::Load(Put("secret", TestKey::Ed25519().PrivatePem()));
  const auto signature = (*stranger)->Sign(BytesOf("manifest"));

  const auto other =
      (*roots)->Verify("ed25519", BytesOf("manifest"), *signature);
  const auto kind =
      (*roots)->Verify("rsa-pkcs1-sha256", BytesOf("manifest"), *signature);
  const auto unknown = (*roots)->Verify("none", BytesOf("manifest"), {});

  EXPECT_EQ(other.error().code(), ErrorCode::kPermissionDenied);
  EXPECT_EQ(other.error().message(),
            "the signature is of none of the 1 trusted keys");
  EXPECT_EQ(kind.error().code(), ErrorCode::kPermissionDenied);
  EXPECT_EQ(unknown.error().message(),
            "there is no signature algorithm 'none'; there are ed25519 and "
            "rsa-pkcs1-sha256");
}

TEST_F(PackageSignatureTest, ARootThatMayBeChangedIsRefused) {
  for (const unsigned mode : {0600U, 0420U, 0402U, 0500U, 0777U}) {
    const std::string path =
        Put("root.pem", TestKey::Ed25519().PublicPem(), mode);

    const Error error = LoadError();

    EXPECT_EQ(error.code(), ErrorCode::kFailedPrecondition);
    EXPECT_THAT(error.message(), HasSubstr("chmod 400 " + path));
  }
}

TEST_F(PackageSignatureTest, AFolderWithoutRootsIsNotFound) {
  EXPECT_EQ(LoadError().code(), ErrorCode::kNotFound);
  EXPECT_EQ(TrustRoots::Load(folder_.Join("missing")).error().code(),
            ErrorCode::kNotFound);
}

TEST_F(PackageSignatureTest, TheFileThatIsNoRootIsNamed) {
  Put("a.pem", TestKey::Ed25519().PublicPem());
  const std::string bad = Put("b.pem", "nothing");

  EXPECT_EQ(LoadError().message(),
            "'" + bad +
                "': it is no PEM file with a certificate or a public "
                "key");
  EXPECT_EQ(LoadError().code(), ErrorCode::kInvalidArgument);
}

TEST_F(PackageSignatureTest, AFolderIsNoRoot) {
  std::filesystem::create_directory(folder_.Join("x.pem"));

  EXPECT_EQ(LoadError().code(), ErrorCode::kFailedPrecondition);
}

TEST_F(PackageSignatureTest, AKeyIsToldByThePublicOne) {
  const TestKey made = TestKey::Ed25519();
  const auto key = SigningKey::Load(Put("secret", made.PrivatePem()));
  const auto other =
      SigningKey::Load(Put("other", TestKey::Ed25519().PrivatePem()));
  const auto roots = ParsePublicKeys(made.PublicPem());
  ASSERT_TRUE(key && other && roots);

  EXPECT_EQ((*key)->key_id().size(), 64U);
  EXPECT_EQ((*key)->key_id(), roots->front().id());
  EXPECT_NE((*key)->key_id(), (*other)->key_id());
}

TEST_F(PackageSignatureTest, TheSigningKeyThatCannotBeReadIsNamed) {
  const std::string path = Put("key.pem", "nothing");

  EXPECT_THAT(SigningKey::Load(path).error().message(), HasSubstr(path));
  EXPECT_EQ(SigningKey::Load(folder_.Join("missing")).error().code(),
            ErrorCode::kNotFound);
}

// The files that people have are made by this program.
TEST_F(PackageSignatureTest, KeysAndSignaturesOfTheOpensslProgramAreGood) {
  const auto run = [this](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "openssl");
    return platform::RunCommand({arguments, folder_.path()});
  };
  if (!run({"version"})) GTEST_SKIP() << "there is no program 'openssl'";
  Put("content", "manifest");
  for (const auto& command : std::vector<std::vector<std::string>>{
           {"genpkey", "-algorithm", "ed25519", "-out", "ed"},
           {"genrsa", "-out", "rsa", "2048"},
           {"pkey", "-in", "ed", "-pubout", "-out", "ed.pem"},
           {"req", "-x509", "-new", "-key", "rsa", "-subj", "/CN=a", "-out",
            "rsa.pem"},
           {"dgst", "-sha256", "-sign", "rsa", "-out", "rsa.sig", "content"},
           {"pkeyutl", "-sign", "-inkey", "ed", "-rawin", "-in", "content",
            "-out", "ed.sig"}}) {
    const auto made = run(command);
    ASSERT_TRUE(made && made->exit_code == 0) << command[0];
  }
  for (const char* name : {"ed.pem", "rsa.pem"}) {
    std::filesystem::permissions(folder_.Join(name),
                                 std::filesystem::perms::owner_read);
  }

  const auto roots = TrustRoots::Load(folder_.path());
  ASSERT_TRUE(roots) << roots.error().message();
  for (const auto& [algorithm, name] :
       {std::pair("ed25519", "ed"), std::pair("rsa-pkcs1-sha256", "rsa")}) {
    const auto signature =
        platform::ReadFile(folder_.Join(name + std::string(".sig")), 4096);
    const auto verified =
        (*roots)->Verify(algorithm, BytesOf("manifest"), *signature);
    EXPECT_TRUE(verified) << verified.error().message();
    EXPECT_TRUE(SigningKey::Load(folder_.Join(name)));
  }
}

TEST(Sha256HexTest, GivesTheDigestsOfTheStandard) {
  EXPECT_EQ(Sha256Hex({}),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Sha256Hex(BytesOf("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace skerry::trust
