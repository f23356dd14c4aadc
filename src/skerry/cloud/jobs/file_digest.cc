#include "skerry/cloud/jobs/file_digest.h"

#include <openssl/evp.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <string_view>
#include <vector>

#include "skerry/aws/digest.h"
#include "skerry/platform/errno_error.h"

namespace skerry::cloud {
namespace {

class Hash {
 public:
  explicit Hash(const EVP_MD* algorithm) : context_(EVP_MD_CTX_new()) {
    good_ = context_ != nullptr &&
            EVP_DigestInit_ex(context_.get(), algorithm, nullptr) == 1;
  }

  void Add(const char* data, std::size_t size) {
    good_ = good_ && EVP_DigestUpdate(context_.get(), data, size) == 1;
  }

  Result<std::string> Finish() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
    unsigned size = 0;
    good_ =
        good_ && EVP_DigestFinal_ex(context_.get(), bytes.data(), &size) == 1;
    if (!good_) return Internal("OpenSSL does not know a digest");
    return aws::Hex(
        std::string_view(reinterpret_cast<const char*>(bytes.data()), size));
  }

 private:
  struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> context_;
  bool good_ = false;
};

}  // namespace

Result<FileDigests> DigestFile(const platform::FileDescriptor& file) {
  Hash sha256(EVP_sha256());
  Hash sha1(EVP_sha1());
  Hash blake2b(EVP_blake2b512());
  FileDigests digests;
  std::vector<char> buffer(std::size_t{256} << 10);
  while (true) {
    const ssize_t count = pread(file.number(), buffer.data(), buffer.size(),
                                static_cast<off_t>(digests.byte_count));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return platform::ErrnoError(errno, "cannot read a file");
    if (count == 0) break;
    sha256.Add(buffer.data(), static_cast<std::size_t>(count));
    sha1.Add(buffer.data(), static_cast<std::size_t>(count));
    blake2b.Add(buffer.data(), static_cast<std::size_t>(count));
    digests.byte_count += static_cast<std::uint64_t>(count);
  }
  SKERRY_ASSIGN_OR_RETURN(digests.sha256, sha256.Finish());
  SKERRY_ASSIGN_OR_RETURN(digests.sha1, sha1.Finish());
  SKERRY_ASSIGN_OR_RETURN(digests.blake2b, blake2b.Finish());
  return digests;
}

}  // namespace skerry::cloud
