#include "skerry/cloud/identity/payload.h"

#include <utility>

#include "skerry/aws/digest.h"
#include "skerry/aws/sigv4.h"
#include "skerry/cloud/identity/refusal.h"
#include "skerry/cloud/identity/sha256_stream.h"

namespace skerry::cloud {
namespace {

class OpenReader : public PayloadReader {
 public:
  ApiResult<void> Read(std::span<const std::byte> piece,
                       std::vector<std::byte>& content) override {
    content.insert(content.end(), piece.begin(), piece.end());
    return {};
  }
  ApiResult<void> End() override { return {}; }
  const http::Headers& trailers() const override { return trailers_; }

 private:
  const http::Headers trailers_;
};

class HashedReader final : public OpenReader {
 public:
  HashedReader(std::string hash, bool s3) : hash_(std::move(hash)), s3_(s3) {}

  ApiResult<void> Read(std::span<const std::byte> piece,
                       std::vector<std::byte>& content) override {
    stream_.Add(piece);
    return OpenReader::Read(piece, content);
  }

  ApiResult<void> End() override {
    if (stream_.Take() == hash_) return {};
    if (!s3_) return std::unexpected(RefuseSignature(false));
    return std::unexpected(
        ApiError{400, "XAmzContentSHA256Mismatch",
                 "The provided 'x-amz-content-sha256' header does not match "
                 "what was computed."});
  }

 private:
  const std::string hash_;
  const bool s3_;
  Sha256Stream stream_;
};

class DeferredReader final : public OpenReader {
 public:
  explicit DeferredReader(DeferredSignature signature)
      : signature_(std::move(signature)) {}

  ApiResult<void> Read(std::span<const std::byte> piece,
                       std::vector<std::byte>& content) override {
    if (piece.size() > kDeferredBodyBytesMax - bytes_) {
      return std::unexpected(
          ApiError{413, "RequestEntityTooLarge",
                   "the body is larger than " +
                       std::to_string(kDeferredBodyBytesMax) + " bytes"});
    }
    bytes_ += piece.size();
    stream_.Add(piece);
    return OpenReader::Read(piece, content);
  }

  ApiResult<void> End() override {
    if (HasSignature(signature_.expected, signature_.key,
                     signature_.canonical + stream_.Take())) {
      return {};
    }
    return std::unexpected(RefuseSignature(signature_.expected.s3()));
  }

 private:
  const DeferredSignature signature_;
  Sha256Stream stream_;
  std::size_t bytes_ = 0;
};

}  // namespace

std::unique_ptr<PayloadReader> NewOpenReader() {
  return std::make_unique<OpenReader>();
}

std::unique_ptr<PayloadReader> NewHashedReader(std::string hash, bool s3) {
  return std::make_unique<HashedReader>(std::move(hash), s3);
}

std::unique_ptr<PayloadReader> NewDeferredReader(DeferredSignature signature) {
  return std::make_unique<DeferredReader>(std::move(signature));
}

bool HasSignature(const Authorization& authorization, std::string_view key,
                  std::string_view canonical) {
  const std::string signature = aws::Signature(
      key,
      aws::StringToSign(authorization.time, authorization.scope, canonical));
  return aws::EqualSecrets(signature, authorization.signature);
}

}  // namespace skerry::cloud
