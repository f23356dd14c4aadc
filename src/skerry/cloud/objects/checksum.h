#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace skerry::cloud {

/// The checksums that S3 knows beside the ETag.
enum class ChecksumAlgorithm : std::uint8_t {
  kCrc32,
  kCrc32c,
  kCrc64Nvme,
  kSha1,
  kSha256,
};

/// "CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"; none for others.
std::optional<ChecksumAlgorithm> ParseChecksumAlgorithm(std::string_view name);
std::string_view ChecksumName(ChecksumAlgorithm algorithm);
/// "x-amz-checksum-crc32", ...
std::string_view ChecksumHeader(ChecksumAlgorithm algorithm);
/// The algorithm whose header `name` is.
std::optional<ChecksumAlgorithm> AlgorithmOfHeader(std::string_view name);
/// Whether the checksum of a whole follows from those of its parts.
bool IsCrc(ChecksumAlgorithm algorithm);

/// A checksum that grows with its content.
///
/// Thread safety: thread-compatible.
class Checksum {
 public:
  static std::unique_ptr<Checksum> Create(ChecksumAlgorithm algorithm);
  virtual ~Checksum() = default;
  virtual void Update(std::span<const std::byte> piece) = 0;
  /// Of all so far, big-endian bytes. Nothing may be added afterwards.
  virtual std::string Finish() = 0;
};

/// MD5, for ETags: a name, no protection.
std::unique_ptr<Checksum> NewMd5();

/// The CRC of `first` and `second` in sequence from the CRCs of each, as
/// `Checksum::Finish` gives them; `second` has `second_bytes`. `algorithm` is
/// one of the CRCs.
std::string CombineCrc(ChecksumAlgorithm algorithm, const std::string& first,
                       const std::string& second, std::uint64_t second_bytes);

/// The bytes that padded base64 stands for, if it is that and stands for
/// `byte_count` of them.
std::optional<std::string> DecodeBase64(std::string_view text,
                                        std::size_t byte_count);
/// How many bytes a checksum has.
std::size_t ChecksumBytes(ChecksumAlgorithm algorithm);

/// The bytes that lower- or upper-case hexadecimal stands for; none: it is no
/// hexadecimal.
std::optional<std::string> DecodeHex(std::string_view text);

}  // namespace skerry::cloud
