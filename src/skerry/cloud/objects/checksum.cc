#include "skerry/cloud/objects/checksum.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>
#include <vector>

#include "skerry/base/check.h"

namespace skerry::cloud {
namespace {

struct Named {
  ChecksumAlgorithm algorithm;
  std::string_view name;
  std::string_view header;
  std::size_t byte_count;
};

constexpr std::array<Named, 5> kAlgorithms = {{
    {ChecksumAlgorithm::kCrc32, "CRC32", "x-amz-checksum-crc32", 4},
    {ChecksumAlgorithm::kCrc32c, "CRC32C", "x-amz-checksum-crc32c", 4},
    {ChecksumAlgorithm::kCrc64Nvme, "CRC64NVME", "x-amz-checksum-crc64nvme", 8},
    {ChecksumAlgorithm::kSha1, "SHA1", "x-amz-checksum-sha1", 20},
    {ChecksumAlgorithm::kSha256, "SHA256", "x-amz-checksum-sha256", 32},
}};

const Named& NamedOf(ChecksumAlgorithm algorithm) {
  return kAlgorithms.at(static_cast<std::size_t>(algorithm));
}

// The polynomials, their lowest power in the highest bit.
constexpr std::uint32_t kCrc32Polynomial = 0xEDB88320U;
constexpr std::uint32_t kCrc32cPolynomial = 0x82F63B78U;
constexpr std::uint64_t kCrc64NvmePolynomial = 0x9A6C9329AC4BC9B5U;

constexpr std::size_t kSlices = 8;

// A table for each of eight bytes at once: four times as fast as one.
template <class Word>
using CrcTables = std::array<std::array<Word, 256>, kSlices>;

template <class Word>
constexpr CrcTables<Word> MakeTables(Word polynomial) {
  CrcTables<Word> tables = {};
  for (std::size_t byte = 0; byte < 256; ++byte) {
    Word value = static_cast<Word>(byte);
    for (int bit = 0; bit < 8; ++bit) {
      value = (value & 1U) != 0 ? (value >> 1U) ^ polynomial : value >> 1U;
    }
    tables[0][byte] = value;
  }
  for (std::size_t slice = 1; slice < kSlices; ++slice) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const Word before = tables[slice - 1][byte];
      tables[slice][byte] = (before >> 8U) ^ tables[0][before & 0xFFU];
    }
  }
  return tables;
}

constexpr auto kCrc32Tables = MakeTables(kCrc32Polynomial);
constexpr auto kCrc32cTables = MakeTables(kCrc32cPolynomial);
constexpr auto kCrc64NvmeTables = MakeTables(kCrc64NvmePolynomial);

template <class Word>
Word UpdateCrc(const CrcTables<Word>& tables, Word crc,
               std::span<const std::byte> piece) {
  const auto byte_at = [](std::uint64_t word, std::size_t index) {
    return static_cast<std::size_t>((word >> (8 * index)) & 0xFFU);
  };
  while (piece.size() >= kSlices) {
    std::uint64_t word = crc;
    for (std::size_t i = 0; i < kSlices; ++i) {
      word ^= std::to_integer<std::uint64_t>(piece[i]) << (8 * i);
    }
    crc = 0;
    for (std::size_t i = 0; i < kSlices; ++i) {
      crc ^= tables[kSlices - 1 - i][byte_at(word, i)];
    }
    piece = piece.subspan(kSlices);
  }
  for (const std::byte byte : piece) {
    crc = (crc >> 8U) ^
          tables[0][byte_at(crc, 0) ^ std::to_integer<std::size_t>(byte)];
  }
  return crc;
}

template <class Word>
std::string BigEndian(Word value) {
  std::string bytes(sizeof(Word), '\0');
  for (std::size_t i = sizeof(Word); i-- > 0; value >>= 8U) {
    bytes[i] = static_cast<char>(value & 0xFFU);
  }
  return bytes;
}

template <class Word>
Word FromBigEndian(const std::string& bytes) {
  Word value = 0;
  for (const char byte : bytes) {
    value = static_cast<Word>(value << 8U) | static_cast<unsigned char>(byte);
  }
  return value;
}

template <class Word>
class Crc final : public Checksum {
 public:
  explicit Crc(const CrcTables<Word>& tables) : tables_(tables) {}

  void Update(std::span<const std::byte> piece) override {
    state_ = UpdateCrc(tables_, state_, piece);
  }
  std::string Finish() override {
    return BigEndian<Word>(static_cast<Word>(~state_));
  }

 private:
  const CrcTables<Word>& tables_;
  Word state_ = std::numeric_limits<Word>::max();
};

class Digest final : public Checksum {
 public:
  explicit Digest(const EVP_MD* type) : context_(EVP_MD_CTX_new()) {
    SKERRY_CHECK(context_ != nullptr);
    SKERRY_CHECK(EVP_DigestInit_ex(context_.get(), type, nullptr) == 1);
  }

  void Update(std::span<const std::byte> piece) override {
    SKERRY_CHECK(EVP_DigestUpdate(context_.get(), piece.data(), piece.size()) ==
                 1);
  }
  std::string Finish() override {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest = {};
    unsigned int count = 0;
    SKERRY_CHECK(EVP_DigestFinal_ex(context_.get(), digest.data(), &count) ==
                 1);
    return {digest.begin(), digest.begin() + count};
  }

 private:
  struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> context_;
};

// Polynomials over GF(2) modulo the CRC's, where the highest bit is x^0.
template <class Word>
Word Multiply(Word polynomial, Word a, Word b) {
  Word product = 0;
  for (Word bit = Word{1} << (sizeof(Word) * 8 - 1); bit != 0; bit >>= 1U) {
    if ((a & bit) != 0) product ^= b;
    b = (b & 1U) != 0 ? (b >> 1U) ^ polynomial : b >> 1U;
  }
  return product;
}

// A CRC and n zero bytes after it: the CRC times x^8n.
template <class Word>
std::string Combine(Word polynomial, const std::string& first,
                    const std::string& second, std::uint64_t second_bytes) {
  Word crc = FromBigEndian<Word>(first);
  Word power = Word{1} << (sizeof(Word) * 8 - 1 - 8);  // x^8
  for (; second_bytes != 0; second_bytes >>= 1U) {
    if ((second_bytes & 1U) != 0) crc = Multiply(polynomial, crc, power);
    power = Multiply(polynomial, power, power);
  }
  return BigEndian<Word>(crc ^ FromBigEndian<Word>(second));
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::optional<ChecksumAlgorithm> ParseChecksumAlgorithm(std::string_view name) {
  for (const Named& known : kAlgorithms) {
    if (known.name == name) return known.algorithm;
  }
  return std::nullopt;
}

std::string_view ChecksumName(ChecksumAlgorithm algorithm) {
  return NamedOf(algorithm).name;
}

std::string_view ChecksumHeader(ChecksumAlgorithm algorithm) {
  return NamedOf(algorithm).header;
}

std::size_t ChecksumBytes(ChecksumAlgorithm algorithm) {
  return NamedOf(algorithm).byte_count;
}

std::optional<ChecksumAlgorithm> AlgorithmOfHeader(std::string_view name) {
  for (const Named& known : kAlgorithms) {
    if (known.header == name) return known.algorithm;
  }
  return std::nullopt;
}

bool IsCrc(ChecksumAlgorithm algorithm) {
  return algorithm != ChecksumAlgorithm::kSha1 &&
         algorithm != ChecksumAlgorithm::kSha256;
}

std::unique_ptr<Checksum> Checksum::Create(ChecksumAlgorithm algorithm) {
  switch (algorithm) {
    case ChecksumAlgorithm::kCrc32:
      return std::make_unique<Crc<std::uint32_t>>(kCrc32Tables);
    case ChecksumAlgorithm::kCrc32c:
      return std::make_unique<Crc<std::uint32_t>>(kCrc32cTables);
    case ChecksumAlgorithm::kCrc64Nvme:
      return std::make_unique<Crc<std::uint64_t>>(kCrc64NvmeTables);
    case ChecksumAlgorithm::kSha1:
      return std::make_unique<Digest>(EVP_sha1());
    case ChecksumAlgorithm::kSha256:
      break;
  }
  return std::make_unique<Digest>(EVP_sha256());
}

std::unique_ptr<Checksum> NewMd5() {
  return std::make_unique<Digest>(EVP_md5());
}

std::string CombineCrc(ChecksumAlgorithm algorithm, const std::string& first,
                       const std::string& second, std::uint64_t second_bytes) {
  switch (algorithm) {
    case ChecksumAlgorithm::kCrc32:
      return Combine(kCrc32Polynomial, first, second, second_bytes);
    case ChecksumAlgorithm::kCrc32c:
      return Combine(kCrc32cPolynomial, first, second, second_bytes);
    default:
      SKERRY_CHECK(algorithm == ChecksumAlgorithm::kCrc64Nvme);
      return Combine(kCrc64NvmePolynomial, first, second, second_bytes);
  }
}

std::optional<std::string> DecodeBase64(std::string_view text,
                                        std::size_t byte_count) {
  const std::size_t padding = (3 - byte_count % 3) % 3;
  if (text.size() != (byte_count + 2) / 3 * 4) return std::nullopt;
  const std::string_view digits = text.substr(0, text.size() - padding);
  const std::string_view rest = text.substr(digits.size());
  const bool plain = std::ranges::all_of(digits, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '+' || c == '/';
  });
  if (!plain || rest != std::string_view("==").substr(0, padding)) {
    return std::nullopt;
  }
  std::vector<unsigned char> bytes(byte_count + padding);
  if (EVP_DecodeBlock(bytes.data(),
                      reinterpret_cast<const unsigned char*>(text.data()),
                      static_cast<int>(text.size())) < 0) {
    return std::nullopt;
  }
  return std::string(bytes.begin(),
                     bytes.end() - static_cast<std::ptrdiff_t>(padding));
}

std::optional<std::string> DecodeHex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  bytes.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = HexDigit(text[i]);
    const int low = HexDigit(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes += static_cast<char>(high * 16 + low);
  }
  return bytes;
}

}  // namespace skerry::cloud
