#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

namespace skerry::trust {

/// Fresh keys as PEM, made by OpenSSL itself.
class TestKey {
 public:
  static TestKey Ed25519() {
    return TestKey(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  }
  static TestKey Rsa(std::size_t bits) {
    return TestKey(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", bits));
  }
  static TestKey Ec() {
    return TestKey(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  }

  std::string PublicPem() const {
    const Bio out;
    PEM_write_bio_PUBKEY(out.get(), key_.get());
    return out.Text();
  }

  std::string PrivatePem(const char* password = nullptr) const {
    const Bio out;
    PEM_write_bio_PKCS8PrivateKey(
        out.get(), key_.get(),
        password == nullptr ? nullptr : EVP_aes_128_cbc(), nullptr, 0, nullptr,
        const_cast<char*>(password));
    return out.Text();
  }

  /// Self-signed, for a day.
  std::string CertificatePem() const {
    const std::unique_ptr<X509, decltype(&X509_free)> made(X509_new(),
                                                           X509_free);
    X509_set_version(made.get(), 2);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), 0);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), 86400);
    X509_set_pubkey(made.get(), key_.get());
    X509_NAME* name = X509_get_subject_name(made.get());
    X509_NAME_add_entry_by_txt(
        name, "CN", MBSTRING_ASC,
        reinterpret_cast<const unsigned char*>("Skerry test"), -1, -1, 0);
    X509_set_issuer_name(made.get(), name);
    const bool ed25519 = EVP_PKEY_get_base_id(key_.get()) == EVP_PKEY_ED25519;
    X509_sign(made.get(), key_.get(), ed25519 ? nullptr : EVP_sha256());
    const Bio out;
    PEM_write_bio_X509(out.get(), made.get());
    return out.Text();
  }

 private:
  class Bio {
   public:
    BIO* get() const { return bio_.get(); }
    std::string Text() const {
      char* data = nullptr;
      const long bytes = BIO_get_mem_data(get(), &data);
      return {data, static_cast<std::size_t>(bytes)};
    }

   private:
    std::unique_ptr<BIO, decltype(&BIO_free)> bio_{BIO_new(BIO_s_mem()),
                                                   BIO_free};
  };

  explicit TestKey(EVP_PKEY* key) : key_(key, EVP_PKEY_free) {}

  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
};

}  // namespace skerry::trust
