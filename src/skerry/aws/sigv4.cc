#include "skerry/aws/sigv4.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <map>
#include <utility>
#include <vector>

#include "skerry/aws/digest.h"

namespace skerry::aws {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::string_view kTerminator = "aws4_request";

bool IsUnreserved(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
}

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

// A '%' that no two digits follow stays: it was never an escape.
std::string UriDecode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '%' && i + 2 < text.size() &&
                        HexValue(text[i + 1]) >= 0 &&
                        HexValue(text[i + 2]) >= 0;
    if (escape) {
      decoded +=
          static_cast<char>(HexValue(text[i + 1]) * 16 + HexValue(text[i + 2]));
      i += 2;
    } else {
      decoded += text[i];
    }
  }
  return decoded;
}

// RFC 3986, section 5.2.4, and no empty segments.
std::string NormalizePath(std::string_view path) {
  std::vector<std::string_view> kept;
  const bool ends_in_slash = path.ends_with('/');
  while (!path.empty()) {
    const std::size_t slash = std::min(path.find('/'), path.size());
    const std::string_view segment = path.substr(0, slash);
    path.remove_prefix(std::min(slash + 1, path.size()));
    if (segment.empty() || segment == ".") continue;
    if (segment != "..") {
      kept.push_back(segment);
    } else if (!kept.empty()) {
      kept.pop_back();
    }
  }
  std::string normal;
  for (const std::string_view segment : kept) (normal += '/') += segment;
  if (normal.empty() || ends_in_slash) normal += '/';
  return normal;
}

std::string CanonicalPath(std::string_view path, PathRule rule) {
  if (rule == PathRule::kTwice) return UriEncode(NormalizePath(path), true);
  if (path.empty()) return "/";
  // Segment by segment, so that an encoded slash stays one.
  std::string canonical;
  while (true) {
    const std::size_t slash = path.find('/');
    canonical += UriEncode(UriDecode(path.substr(0, slash)), false);
    if (slash == std::string_view::npos) return canonical;
    canonical += '/';
    path.remove_prefix(slash + 1);
  }
}

std::string CanonicalQuery(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> parameters;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view parameter = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (parameter.empty()) continue;
    const std::size_t equals = std::min(parameter.find('='), parameter.size());
    const std::string_view value =
        parameter.substr(std::min(equals + 1, parameter.size()));
    parameters.emplace_back(
        UriEncode(UriDecode(parameter.substr(0, equals)), false),
        UriEncode(UriDecode(value), false));
  }
  std::ranges::sort(parameters);
  std::string canonical;
  for (const auto& [name, value] : parameters) {
    if (!canonical.empty()) canonical += '&';
    canonical.append(name).append("=").append(value);
  }
  return canonical;
}

// Without spaces at the ends, and one where there were several.
std::string CanonicalValue(std::string_view value) {
  std::string canonical;
  for (const char c : value) {
    const bool space = c == ' ' || c == '\t' || c == '\r' || c == '\n';
    if (!space) {
      canonical += c;
    } else if (!canonical.empty() && canonical.back() != ' ') {
      canonical += ' ';
    }
  }
  if (canonical.ends_with(' ')) canonical.pop_back();
  return canonical;
}

// By name, in lower case; values of one name in their order, between commas.
using HeaderMap = std::map<std::string, std::string>;

HeaderMap CanonicalHeaders(const http::Headers& headers) {
  HeaderMap canonical;
  for (const auto& [name, value] : headers) {
    const auto [entry, added] =
        canonical.try_emplace(Lower(name), CanonicalValue(value));
    if (!added) (entry->second += ',') += CanonicalValue(value);
  }
  return canonical;
}

std::string Names(const HeaderMap& canonical) {
  std::string names;
  for (const auto& [name, value] : canonical) {
    if (!names.empty()) names += ';';
    names += name;
  }
  return names;
}

std::string AuthorizationValue(const Signer& signer, const SigningScope& scope,
                               const http::Headers& headers,
                               std::string_view signature) {
  std::string value(kAlgorithm);
  value.append(" Credential=").append(signer.credentials.access_key_id);
  value.append("/").append(scope.ToString());
  value.append(", SignedHeaders=").append(SignedHeaderNames(headers));
  return value.append(", Signature=").append(signature);
}

}  // namespace

std::string SigningScope::ToString() const {
  std::string text = date + '/' + region + '/' + service + '/';
  return text.append(kTerminator);
}

std::string AmzTime(std::chrono::system_clock::time_point time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(
      std::chrono::floor<std::chrono::seconds>(time));
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  return {text.data(),
          std::strftime(text.data(), text.size(), "%Y%m%dT%H%M%SZ", &parts)};
}

std::string UriEncode(std::string_view text, bool keep_slash) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(text.size());
  for (const char c : text) {
    if (IsUnreserved(c) || (keep_slash && c == '/')) {
      encoded += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    encoded += '%';
    encoded += kDigits[byte >> 4U];
    encoded += kDigits[byte & 15U];
  }
  return encoded;
}

std::string SignedHeaderNames(const http::Headers& headers) {
  return Names(CanonicalHeaders(headers));
}

std::string CanonicalRequest(const SignedRequest& request) {
  const std::size_t mark =
      std::min(request.target.find('?'), request.target.size());
  const std::string_view query =
      request.target.substr(std::min(mark + 1, request.target.size()));
  const HeaderMap headers = CanonicalHeaders(request.headers);

  std::string text(request.method);
  text += '\n';
  text += CanonicalPath(request.target.substr(0, mark), request.path_rule);
  text += '\n';
  text += CanonicalQuery(query);
  text += '\n';
  for (const auto& [name, value] : headers) {
    text.append(name).append(":").append(value) += '\n';
  }
  text += '\n';
  text += Names(headers);
  text += '\n';
  return text += request.payload_hash;
}

std::string StringToSign(std::string_view time, const SigningScope& scope,
                         std::string_view canonical_request) {
  std::string text(kAlgorithm);
  text.append("\n").append(time);
  text.append("\n").append(scope.ToString());
  return text.append("\n").append(Hex(Sha256(canonical_request)));
}

std::string SigningKey(std::string_view secret, const SigningScope& scope) {
  std::string key = HmacSha256(std::string("AWS4").append(secret), scope.date);
  key = HmacSha256(key, scope.region);
  key = HmacSha256(key, scope.service);
  return HmacSha256(key, kTerminator);
}

std::string Signature(std::string_view signing_key,
                      std::string_view string_to_sign) {
  return Hex(HmacSha256(signing_key, string_to_sign));
}

http::Headers Sign(const Signer& signer, const http::Request& request,
                   std::string_view authority,
                   std::chrono::system_clock::time_point time) {
  constexpr std::size_t kDateDigits = 8;
  const std::string amz_time = AmzTime(time);
  const std::string payload_hash = Hex(Sha256(request.body));
  const SigningScope scope{amz_time.substr(0, kDateDigits), signer.region,
                           signer.service};
  http::Headers added = {{"X-Amz-Date", amz_time},
                         {"X-Amz-Content-Sha256", payload_hash}};
  if (!signer.credentials.session_token.empty()) {
    added.emplace_back("X-Amz-Security-Token",
                       signer.credentials.session_token);
  }

  http::Headers headers = request.headers;
  headers.insert(headers.end(), added.begin(), added.end());
  headers.emplace_back("Host", authority);
  const std::string canonical =
      CanonicalRequest({.method = request.method,
                        .target = request.target,
                        .headers = headers,
                        .payload_hash = payload_hash,
                        .path_rule = signer.path_rule});
  const std::string signature =
      Signature(SigningKey(signer.credentials.secret_access_key, scope),
                StringToSign(amz_time, scope, canonical));
  added.emplace_back("Authorization",
                     AuthorizationValue(signer, scope, headers, signature));
  return added;
}

}  // namespace skerry::aws
