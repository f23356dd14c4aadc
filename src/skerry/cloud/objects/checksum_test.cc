#include "skerry/cloud/objects/checksum.h"

#include <gtest/gtest.h>

#include <string>

#include "skerry/aws/digest.h"

namespace skerry::cloud {
namespace {

std::string Of(ChecksumAlgorithm algorithm, std::string_view text) {
  const auto checksum = Checksum::Create(algorithm);
  checksum->Update(std::as_bytes(std::span(text)));
  return checksum->Finish();
}

TEST(ChecksumTest, KnownAnswersAreMet) {
  // The check values of the CRC catalogue, and of FIPS 180 for the digests.
  EXPECT_EQ(aws::Hex(Of(ChecksumAlgorithm::kCrc32, "123456789")), "cbf43926");
  EXPECT_EQ(aws::Hex(Of(ChecksumAlgorithm::kCrc32c, "123456789")), "e3069283");
  EXPECT_EQ(aws::Hex(Of(ChecksumAlgorithm::kCrc64Nvme, "123456789")),
            "ae8b14860a799888");
  EXPECT_EQ(aws::Hex(Of(ChecksumAlgorithm::kSha1, "abc")),
            "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(aws::Hex(Of(ChecksumAlgorithm::kSha256, "abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  const auto md5 = NewMd5();
  EXPECT_EQ(aws::Hex(md5->Finish()), "d41d8cd98f00b204e9800998ecf8427e");
}

TEST(ChecksumTest, PiecesOfAnySizeGiveTheSame) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += static_cast<char>(i * 7 + i / 3);
  for (const auto algorithm :
       {ChecksumAlgorithm::kCrc32, ChecksumAlgorithm::kCrc32c,
        ChecksumAlgorithm::kCrc64Nvme, ChecksumAlgorithm::kSha1}) {
    const auto checksum = Checksum::Create(algorithm);
    std::size_t size = 0;
    for (std::string_view rest = text; !rest.empty();) {
      const auto piece = rest.substr(0, size++ % 23);
      checksum->Update(std::as_bytes(std::span(piece)));
      rest.remove_prefix(piece.size());
    }
    EXPECT_EQ(checksum->Finish(), Of(algorithm, text));
  }
}

TEST(ChecksumTest, CrcsOfPartsGiveThatOfTheWhole) {
  const std::string text(70000, 'q');
  for (const auto algorithm :
       {ChecksumAlgorithm::kCrc32, ChecksumAlgorithm::kCrc32c,
        ChecksumAlgorithm::kCrc64Nvme}) {
    for (const std::size_t at : {0U, 1U, 3000U, 65536U, 70000U}) {
      const std::string first = text.substr(0, at) + "x";
      const std::string second = text.substr(at);
      EXPECT_EQ(CombineCrc(algorithm, Of(algorithm, first),
                           Of(algorithm, second), second.size()),
                Of(algorithm, first + second))
          << at;
    }
  }
}

TEST(ChecksumTest, Base64IsReadStrictly) {
  EXPECT_EQ(DecodeBase64("AAECAw==", 4), std::string("\0\1\2\3", 4));
  EXPECT_EQ(DecodeBase64("AAEC", 3), std::string("\0\1\2", 3));
  EXPECT_EQ(DecodeBase64("", 0), "");
  for (const char* const bad :
       {"AAECAw=", "AAECAw", "AAECA===", "AAEC Aw=", "=AECAw=="}) {
    EXPECT_FALSE(DecodeBase64(bad, 4)) << bad;
  }
}

TEST(ChecksumTest, HexIsReadInBothCases) {
  EXPECT_EQ(DecodeHex("00fFa1"), std::string("\0\xff\xa1", 3));
  EXPECT_FALSE(DecodeHex("0"));
  EXPECT_FALSE(DecodeHex("0g"));
}

TEST(ChecksumTest, NamesAndHeadersAreS3s) {
  EXPECT_EQ(ParseChecksumAlgorithm("CRC64NVME"), ChecksumAlgorithm::kCrc64Nvme);
  EXPECT_FALSE(ParseChecksumAlgorithm("crc32"));
  EXPECT_EQ(AlgorithmOfHeader("x-amz-checksum-sha256"),
            ChecksumAlgorithm::kSha256);
  EXPECT_FALSE(AlgorithmOfHeader("x-amz-checksum-type"));
}

}  // namespace
}  // namespace skerry::cloud
