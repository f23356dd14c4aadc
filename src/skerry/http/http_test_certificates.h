#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

#include "skerry/platform/temp_directory.h"

namespace skerry::http {

/// A certificate authority of a test's own, and what it vouches for, as PEM
/// files in a folder that goes away.
class TestCertificates {
 public:
  TestCertificates();

  /// Of the authority.
  std::string ca_file() const { return folder_.Join("ca.crt"); }

  /// Writes NAME.crt and NAME.key for what `subjects` says, such as
  /// "DNS:localhost,IP:127.0.0.1".
  void Issue(const std::string& name, const std::string& subjects);
  std::string certificate_file(const std::string& name) const {
    return folder_.Join(name + ".crt");
  }
  std::string key_file(const std::string& name) const {
    return folder_.Join(name + ".key");
  }

 private:
  using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
  using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

  X509* Make(EVP_PKEY* key, const std::string& name) const;

  platform::TempDirectory folder_;
  Key ca_key_;
  Certificate ca_{nullptr, X509_free};
};

}  // namespace skerry::http
