#pragma once

#include <string>

namespace skerry::agent {

/// PEM files of a TCP listener. Clients must show a certificate that
/// `client_ca_file` vouches for (mutual TLS).
struct TlsOptions {
  std::string certificate_file;
  std::string key_file;
  std::string client_ca_file;

  bool empty() const { return certificate_file.empty(); }
};

}  // namespace skerry::agent
