#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "skerry/http/client.h"

namespace skerry::http {
namespace {

constexpr std::size_t kHostBytesMax = 253;  // of DNS
constexpr int kHttpPort = 80;
constexpr int kHttpsPort = 443;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool IsHexDigit(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string Lowered(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), Lower);
  return lower;
}

// "http://" or "https://", whatever its case: whether it is the latter.
std::optional<bool> TakeScheme(std::string_view& text) {
  const std::size_t end = text.find("://");
  if (end == std::string_view::npos) return std::nullopt;
  const std::string scheme = Lowered(text.substr(0, end));
  if (scheme != "http" && scheme != "https") return std::nullopt;
  text.remove_prefix(end + 3);
  return scheme == "https";
}

// A name, an IPv4 address, or an IPv6 address without its brackets.
bool IsHost(std::string_view host, bool bracketed) {
  if (host.empty() || host.size() > kHostBytesMax) return false;
  if (bracketed) {
    return host.contains(':') && std::ranges::all_of(host, [](char c) {
             return IsHexDigit(c) || c == ':' || c == '.';
           });
  }
  return host.front() != '.' && host.front() != '-' &&
         std::ranges::all_of(host, [](char c) {
           return IsDigit(c) || IsLetter(c) || c == '.' || c == '-' || c == '_';
         });
}

std::optional<int> ReadPort(std::string_view text) {
  int port = 0;
  const auto [end, fault] =
      std::from_chars(text.data(), text.data() + text.size(), port);
  if (fault != std::errc() || end != text.data() + text.size() ||
      !std::ranges::all_of(text, IsDigit) || port < 1 || port > 65535) {
    return std::nullopt;
  }
  return port;
}

// "host", "host:port" or "[::1]:port".
bool ReadAuthority(std::string_view text, Url& url) {
  const bool bracketed = text.starts_with('[');
  const std::size_t host_end =
      bracketed ? text.find(']') : std::min(text.find(':'), text.size());
  if (host_end == std::string_view::npos) return false;
  const std::string_view host =
      text.substr(bracketed ? 1 : 0, host_end - (bracketed ? 1 : 0));
  if (!IsHost(host, bracketed)) return false;
  url.host = Lowered(host);
  text.remove_prefix(host_end + (bracketed ? 1 : 0));
  if (text.empty()) return true;
  if (!text.starts_with(':')) return false;
  const std::optional<int> port = ReadPort(text.substr(1));
  url.port = port.value_or(0);
  return port.has_value();
}

// Path and query as RFC 3986 spells them; a fragment is no business of a
// server's.
bool IsTarget(std::string_view text) {
  constexpr std::string_view kPunctuation = "-._~!$&'()*+,;=:@/?";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '%') {
      if (i + 2 >= text.size() || !IsHexDigit(text[i + 1]) ||
          !IsHexDigit(text[i + 2])) {
        return false;
      }
    } else if (!IsDigit(c) && !IsLetter(c) && !kPunctuation.contains(c)) {
      return false;
    }
  }
  return true;
}

}  // namespace

std::string Url::authority() const {
  const std::string name = host.contains(':') ? "[" + host + "]" : host;
  if (port == (tls ? kHttpsPort : kHttpPort)) return name;
  return name + ":" + std::to_string(port);
}

Result<Url> ParseUrl(std::string_view text) {
  if (text.size() > kUrlBytesMax) {
    return InvalidArgument("the URL holds " + std::to_string(text.size()) +
                           " bytes, limit " + std::to_string(kUrlBytesMax));
  }
  // Without what may be a secret in it, and without bytes that are no text.
  const auto fault = [](std::string_view what) {
    return InvalidArgument("the URL " + std::string(what) +
                           "; want http://HOST[:PORT][/PATH] or https://...");
  };
  const std::optional<bool> tls = TakeScheme(text);
  if (!tls) return fault("begins with neither http:// nor https://");
  Url url;
  url.tls = *tls;
  url.port = *tls ? kHttpsPort : kHttpPort;
  const std::size_t authority_end =
      std::min(text.find_first_of("/?#"), text.size());
  const std::string_view authority = text.substr(0, authority_end);
  if (authority.contains('@')) return fault("has a user in it");
  if (!ReadAuthority(authority, url)) return fault("has no good host and port");
  text.remove_prefix(authority_end);
  if (!IsTarget(text)) return fault("has a character that must be escaped");
  url.target = text.starts_with('/') ? "" : "/";
  url.target += text;
  return url;
}

}  // namespace skerry::http
