#include "skerry/cloud/server/tls.h"

#include <openssl/err.h>

#include <array>

#include "skerry/platform/errno_error.h"
#include "skerry/platform/file.h"

namespace skerry::cloud {
namespace {

using platform::Quoted;

Error Fault(const std::string& what, const std::string& file) {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  const char* reason = ERR_reason_error_string(code);
  return InvalidArgument("TLS " + what + " " + Quoted(file) + ": " +
                         (reason != nullptr ? reason : "unfit"));
}

/// A context's sessions are resumed by name only.
constexpr std::array<unsigned char, 12> kContextName = {
    's', 'k', 'e', 'r', 'r', 'y', '-', 'c', 'l', 'o', 'u', 'd'};

/// HTTP/1.1, for clients that ask what is spoken.
int ChooseProtocol(SSL* /*session*/, const unsigned char** out,
                   unsigned char* out_bytes, const unsigned char* in,
                   unsigned int in_bytes, void* /*argument*/) {
  static constexpr std::array<unsigned char, 9> kOurs = {
      8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  unsigned char* chosen = nullptr;
  const int found = SSL_select_next_proto(&chosen, out_bytes, kOurs.data(),
                                          kOurs.size(), in, in_bytes);
  if (found != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_NOACK;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace

Result<TlsContext> MakeTlsContext(const std::string& certificate_file,
                                  const std::string& key_file) {
  for (const std::string& file : {certificate_file, key_file}) {
    SKERRY_ASSIGN_OR_RETURN(const platform::FileDescriptor readable,
                            platform::OpenForReading(file));
  }
  TlsContext context(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free);
  if (context == nullptr) return Internal("TLS cannot be set up");
  SSL_CTX* raw = context.get();
  SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION);
  SSL_CTX_set_options(raw, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                               SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(raw, SSL_MODE_RELEASE_BUFFERS |
                            SSL_MODE_ENABLE_PARTIAL_WRITE |
                            SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_alpn_select_cb(raw, &ChooseProtocol, nullptr);
  SSL_CTX_set_session_id_context(raw, kContextName.data(), kContextName.size());
  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(raw, certificate_file.c_str()) != 1) {
    return Fault("certificate", certificate_file);
  }
  if (SSL_CTX_use_PrivateKey_file(raw, key_file.c_str(), SSL_FILETYPE_PEM) !=
          1 ||
      SSL_CTX_check_private_key(raw) != 1) {
    return Fault("key", key_file);
  }
  return context;
}

}  // namespace skerry::cloud
