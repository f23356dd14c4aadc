#include "skerry/trust/key.h"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <optional>
#include <string>
#include <utility>

#include "skerry/trust/package_signature.h"

namespace skerry::trust {
namespace {

constexpr int kRsaBitsMin = 2048;

template <auto kFree>
struct Freed {
  template <class T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using Bio = std::unique_ptr<BIO, Freed<BIO_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using Context = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>>;

// "-----BEGIN <name>-----" and what was in it. Wiped: it may be secret.
class Block {
 public:
  // The next block of `input`; nothing at its end or where it is damaged.
  static std::optional<Block> Read(BIO* input) {
    Block block;
    const int read = PEM_read_bio(input, &block.name_, &block.header_,
                                  &block.data_, &block.bytes_);
    if (read == 1) return block;
    return std::nullopt;
  }

  Block(Block&& other) noexcept
      : name_(std::exchange(other.name_, nullptr)),
        header_(std::exchange(other.header_, nullptr)),
        data_(std::exchange(other.data_, nullptr)),
        bytes_(std::exchange(other.bytes_, 0)) {}
  Block& operator=(Block&&) = delete;
  ~Block() {
    OPENSSL_free(name_);
    OPENSSL_free(header_);
    OPENSSL_clear_free(data_, static_cast<std::size_t>(bytes_));
  }

  std::string_view name() const { return name_; }
  const unsigned char* begin() const { return data_; }
  const unsigned char* end() const { return data_ + bytes_; }
  long bytes() const { return bytes_; }

 private:
  Block() = default;

  char* name_ = nullptr;
  char* header_ = nullptr;
  unsigned char* data_ = nullptr;
  long bytes_ = 0;
};

EVP_PKEY* Raw(const Key::Handle& handle) {
  return static_cast<EVP_PKEY*>(handle.get());
}

const unsigned char* Octets(std::span<const std::byte> bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

Bio OpenText(std::string_view pem) {
  return Bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

Key::Handle DecodePublic(const Block& block) {
  const unsigned char* at = block.begin();
  if (block.name() == "CERTIFICATE") {
    const Certificate certificate(d2i_X509(nullptr, &at, block.bytes()));
    if (!certificate || at != block.end()) return nullptr;
    return Key::Handle(X509_get_pubkey(certificate.get()));
  }
  Key::Handle key(d2i_PUBKEY(nullptr, &at, block.bytes()));
  return at == block.end() ? std::move(key) : nullptr;
}

const EVP_MD* DigestOf(std::string_view algorithm) {
  return algorithm == kEd25519 ? nullptr : EVP_sha256();  // its own
}

Error UnknownBlock(const Block& block, std::string_view wanted) {
  return InvalidArgument("it holds a block '" + std::string(block.name()) +
                         "', want " + std::string(wanted));
}

}  // namespace

void Key::Deleter::operator()(void* key) const {
  EVP_PKEY_free(static_cast<EVP_PKEY*>(key));
}

Result<Key> MakeKey(Key::Handle handle) {
  const int kind = EVP_PKEY_get_base_id(Raw(handle));
  if (kind == EVP_PKEY_ED25519) return Key(std::move(handle), kEd25519);
  if (kind != EVP_PKEY_RSA) {
    const char* name = EVP_PKEY_get0_type_name(Raw(handle));
    return InvalidArgument("it is a key of kind '" +
                           std::string(name == nullptr ? "?" : name) +
                           "', want Ed25519 or RSA");
  }
  const int bits = EVP_PKEY_get_bits(Raw(handle));
  if (bits < kRsaBitsMin) {
    return InvalidArgument("it is an RSA key of " + std::to_string(bits) +
                           " bits, want at least " +
                           std::to_string(kRsaBitsMin));
  }
  return Key(std::move(handle), kRsaSha256);
}

std::string Key::id() const {
  unsigned char* der = nullptr;
  const int bytes = i2d_PUBKEY(Raw(handle_), &der);
  if (bytes <= 0) return "";
  const std::string id =
      Sha256Hex(std::as_bytes(std::span(der, static_cast<std::size_t>(bytes))));
  OPENSSL_free(der);
  return id;
}

bool Key::Verify(std::span<const std::byte> content,
                 std::span<const std::byte> signature) const {
  const Context context(EVP_MD_CTX_new());
  const bool good =
      context &&
      EVP_DigestVerifyInit(context.get(), nullptr, DigestOf(algorithm_),
                           nullptr, Raw(handle_)) == 1 &&
      EVP_DigestVerify(context.get(), Octets(signature), signature.size(),
                       Octets(content), content.size()) == 1;
  ERR_clear_error();
  return good;
}

Result<std::vector<std::byte>> Key::Sign(
    std::span<const std::byte> content) const {
  const Context context(EVP_MD_CTX_new());
  std::size_t bytes = 0;
  std::vector<std::byte> signature;
  const bool sized =
      context &&
      EVP_DigestSignInit(context.get(), nullptr, DigestOf(algorithm_), nullptr,
                         Raw(handle_)) == 1 &&
      EVP_DigestSign(context.get(), nullptr, &bytes, Octets(content),
                     content.size()) == 1;
  if (sized) signature.resize(bytes);
  const bool made =
      sized &&
      EVP_DigestSign(context.get(),
                     reinterpret_cast<unsigned char*>(signature.data()), &bytes,
                     Octets(content), content.size()) == 1;
  ERR_clear_error();
  if (!made) return Internal("the key made no signature");
  signature.resize(bytes);
  return signature;
}

Result<std::vector<Key>> ParsePublicKeys(std::string_view pem) {
  if (pem.size() > kKeyFileBytesMax) {
    return InvalidArgument("it holds " + std::to_string(pem.size()) +
                           " bytes, limit " + std::to_string(kKeyFileBytesMax));
  }
  const Bio input = OpenText(pem);
  std::vector<Key> keys;
  while (const std::optional<Block> block = Block::Read(input.get())) {
    if (block->name() != "CERTIFICATE" && block->name() != "PUBLIC KEY") {
      ERR_clear_error();
      return UnknownBlock(*block, "'CERTIFICATE' or 'PUBLIC KEY'");
    }
    Key::Handle handle = DecodePublic(*block);
    ERR_clear_error();
    if (!handle) {
      return InvalidArgument("its block '" + std::string(block->name()) +
                             "' is damaged");
    }
    SKERRY_ASSIGN_OR_RETURN(Key key, MakeKey(std::move(handle)));
    keys.push_back(std::move(key));
  }
  const unsigned long error = ERR_peek_last_error();
  ERR_clear_error();
  if (keys.empty() || ERR_GET_REASON(error) != PEM_R_NO_START_LINE) {
    return InvalidArgument(
        "it is no PEM file with a certificate or a public key");
  }
  return keys;
}

Result<Key> ParsePrivateKey(std::string_view pem) {
  constexpr std::string_view kWanted = "'PRIVATE KEY' (PKCS #8, not encrypted)";
  if (pem.size() > kKeyFileBytesMax) {
    return InvalidArgument("it is too long for a key");
  }
  const Bio input = OpenText(pem);
  const std::optional<Block> block = Block::Read(input.get());
  ERR_clear_error();
  if (!block) {
    return InvalidArgument("it is no PEM file with a block " +
                           std::string(kWanted));
  }
  if (block->name() != "PRIVATE KEY") return UnknownBlock(*block, kWanted);
  const unsigned char* at = block->begin();
  Key::Handle handle(d2i_AutoPrivateKey(nullptr, &at, block->bytes()));
  ERR_clear_error();
  if (!handle) return InvalidArgument("its block 'PRIVATE KEY' is damaged");
  return MakeKey(std::move(handle));
}

}  // namespace skerry::trust
