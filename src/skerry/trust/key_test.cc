#include "skerry/trust/key.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "skerry/trust/key_test_support.h"

namespace skerry::trust {
namespace {

using ::testing::HasSubstr;

std::span<const std::byte> Bytes(std::string_view text) {
  return std::as_bytes(std::span(text));
}

std::string Fault(std::string_view pem) {
  const auto keys = ParsePublicKeys(pem);
  if (keys) return "none";
  EXPECT_EQ(keys.error().code(), ErrorCode::kInvalidArgument);
  return keys.error().message();
}

TEST(KeyTest, APublicKeyVerifiesWhatItsPrivateKeySigned) {
  for (const TestKey& made : {TestKey::Ed25519(), TestKey::Rsa(2048)}) {
    const auto secret = ParsePrivateKey(made.PrivatePem());
    ASSERT_TRUE(secret) << secret.error().message();
    const auto signature = secret->Sign(Bytes("content"));
    ASSERT_TRUE(signature) << signature.error().message();

    for (const auto& pem : {made.PublicPem(), made.CertificatePem()}) {
      const auto keys = ParsePublicKeys(pem);
      ASSERT_TRUE(keys) << keys.error().message();
      ASSERT_EQ(keys->size(), 1);
      const Key& key = keys->front();
      EXPECT_EQ(key.algorithm(), secret->algorithm());
      EXPECT_TRUE(key.Verify(Bytes("content"), *signature));
      EXPECT_FALSE(key.Verify(Bytes("Content"), *signature));
      EXPECT_FALSE(key.Verify(Bytes("content"), Bytes("short")));
      EXPECT_FALSE(key.Verify(Bytes("content"), {}));
    }
  }
}

TEST(KeyTest, AFileMayHoldSeveralKeysAndWordsBetween) {
  const auto keys =
      ParsePublicKeys("ours:\n" + TestKey::Ed25519().PublicPem() + "and\n" +
                      TestKey::Ed25519().CertificatePem());

  ASSERT_TRUE(keys) << keys.error().message();
  EXPECT_EQ(keys->size(), 2);
}

TEST(KeyTest, WeakAndForeignKeysAreRefused) {
  EXPECT_EQ(Fault(TestKey::Rsa(1024).PublicPem()),
            "it is an RSA key of 1024 bits, want at least 2048");
  EXPECT_EQ(Fault(TestKey::Ec().PublicPem()),
            "it is a key of kind 'EC', want Ed25519 or RSA");
}

TEST(KeyTest, APrivateKeyIsNoRoot) {
  EXPECT_THAT(Fault(TestKey::Ed25519().PrivatePem()),
              HasSubstr("a block 'PRIVATE KEY'"));
}

TEST(KeyTest, DamagedTextIsRefused) {
  const std::string good = TestKey::Ed25519().PublicPem();
  std::string other_name = good;
  other_name.replace(other_name.find("PUBLIC KEY"), 10, "CERTIFICATE");
  other_name.replace(other_name.rfind("PUBLIC KEY"), 10, "CERTIFICATE");

  EXPECT_THAT(Fault(""), HasSubstr("no PEM file"));
  EXPECT_THAT(Fault("not a key"), HasSubstr("no PEM file"));
  EXPECT_THAT(Fault(good.substr(0, good.size() - 20)),
              HasSubstr("no PEM file"));
  EXPECT_THAT(Fault(good + good.substr(0, good.size() - 20)),
              HasSubstr("no PEM file"));
  EXPECT_EQ(Fault(other_name), "its block 'CERTIFICATE' is damaged");
  EXPECT_THAT(Fault(std::string(kKeyFileBytesMax + 1, ' ')),
              HasSubstr("limit 65536"));
}

TEST(KeyTest, AnEncryptedOrPublicKeyDoesNotSign) {
  const TestKey made = TestKey::Ed25519();

  const auto encrypted = ParsePrivateKey(made.PrivatePem("password"));
  const auto shown = ParsePrivateKey(made.PublicPem());
  const auto nothing = ParsePrivateKey("");

  EXPECT_EQ(encrypted.error().message(),
            "it holds a block 'ENCRYPTED PRIVATE KEY', want 'PRIVATE KEY' "
            "(PKCS #8, not encrypted)");
  EXPECT_EQ(shown.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(nothing.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(ParsePublicKeys(made.PublicPem())->front().Sign({}).error().code(),
            ErrorCode::kInternal);
}

}  // namespace
}  // namespace skerry::trust
