#include "skerry/http/http_test_certificates.h"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "skerry/platform/file.h"

namespace skerry::http {
namespace {

using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;

EVP_PKEY* NewKey() {
  return EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
}

void AddExtension(X509* certificate, X509* issuer, int kind,
                  const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> made(
      X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()),
      X509_EXTENSION_free);
  X509_add_ext(certificate, made.get(), -1);
}

void Save(const std::string& path, const Bio& bio) {
  char* data = nullptr;
  const long bytes = BIO_get_mem_data(bio.get(), &data);
  (void)platform::WriteTextFile(path, {data, static_cast<std::size_t>(bytes)});
}

void SaveCertificate(const std::string& path, X509* certificate) {
  const Bio bio(BIO_new(BIO_s_mem()), BIO_free);
  PEM_write_bio_X509(bio.get(), certificate);
  Save(path, bio);
}

void SaveKey(const std::string& path, EVP_PKEY* key) {
  const Bio bio(BIO_new(BIO_s_mem()), BIO_free);
  PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr,
                                nullptr);
  Save(path, bio);
}

}  // namespace

TestCertificates::TestCertificates()
    : folder_(platform::TempDirectory::Create("skerry-certificates-").value()),
      ca_key_(NewKey(), EVP_PKEY_free) {
  ca_.reset(Make(ca_key_.get(), "ca"));
  AddExtension(ca_.get(), ca_.get(), NID_basic_constraints, "critical,CA:TRUE");
  AddExtension(ca_.get(), ca_.get(), NID_key_usage, "critical,keyCertSign");
  X509_sign(ca_.get(), ca_key_.get(), EVP_sha256());
  SaveCertificate(ca_file(), ca_.get());
}

X509* TestCertificates::Make(EVP_PKEY* key, const std::string& name) const {
  constexpr long kDay = 86400;
  static long serial = 1;
  X509* made = X509_new();
  X509_set_version(made, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(made), serial++);
  X509_gmtime_adj(X509_getm_notBefore(made), -kDay);
  X509_gmtime_adj(X509_getm_notAfter(made), kDay);
  X509_set_pubkey(made, key);
  X509_NAME_add_entry_by_txt(
      X509_get_subject_name(made), "CN", MBSTRING_ASC,
      reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(made, X509_get_subject_name(ca_ ? ca_.get() : made));
  return made;
}

void TestCertificates::Issue(const std::string& name,
                             const std::string& subjects) {
  const Key key(NewKey(), EVP_PKEY_free);
  const Certificate made(Make(key.get(), name), X509_free);
  AddExtension(made.get(), ca_.get(), NID_subject_alt_name, subjects);
  X509_sign(made.get(), ca_key_.get(), EVP_sha256());
  SaveCertificate(certificate_file(name), made.get());
  SaveKey(key_file(name), key.get());
}

}  // namespace skerry::http
