#include "skerry/cloud/identity/sha256_stream.h"

#include <openssl/evp.h>

#include "skerry/aws/digest.h"
#include "skerry/base/check.h"

namespace skerry::cloud {

void Sha256Stream::Free::operator()(evp_md_ctx_st* context) const {
  EVP_MD_CTX_free(context);
}

Sha256Stream::Sha256Stream() : context_(EVP_MD_CTX_new()) {
  SKERRY_CHECK(context_ != nullptr);
  SKERRY_CHECK(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1);
}

void Sha256Stream::Add(std::span<const std::byte> piece) {
  SKERRY_CHECK(EVP_DigestUpdate(context_.get(), piece.data(), piece.size()) ==
               1);
}

std::string Sha256Stream::Take() {
  constexpr std::size_t kBytes = 32;
  std::string digest(kBytes, '\0');
  SKERRY_CHECK(
      EVP_DigestFinal_ex(context_.get(),
                         reinterpret_cast<unsigned char*>(digest.data()),
                         nullptr) == 1);
  SKERRY_CHECK(EVP_DigestInit_ex(context_.get(), nullptr, nullptr) == 1);
  return aws::Hex(digest);
}

}  // namespace skerry::cloud
