#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "skerry/cloud/identity/authorization_parts.h"
#include "skerry/cloud/identity/refusal.h"

namespace skerry::cloud {
namespace {

constexpr std::string_view kSignatureParameter = "X-Amz-Signature";

struct Parameter {
  std::string_view name;
  std::string value;
};

// The parameters of a presigned URL that are its signature; all others are
// signed by them. None if one is there twice or not encoded as it must be.
class QueryParameters {
 public:
  static std::optional<QueryParameters> Read(std::string_view query) {
    QueryParameters parameters;
    for (const std::string_view parameter : Split(query, '&')) {
      const std::size_t equals =
          std::min(parameter.find('='), parameter.size());
      const std::string_view name = parameter.substr(0, equals);
      if (!name.starts_with("X-Amz-")) continue;
      auto value = DecodeParameter(
          parameter.substr(std::min(equals + 1, parameter.size())));
      if (!value || parameters.Find(name) != nullptr) return std::nullopt;
      parameters.parameters_.push_back({name, std::move(*value)});
    }
    return parameters;
  }

  const std::string* Find(std::string_view name) const {
    const auto found = std::ranges::find(parameters_, name, &Parameter::name);
    return found == parameters_.end() ? nullptr : &found->value;
  }

  std::string Get(std::string_view name) const {
    const std::string* const value = Find(name);
    return value == nullptr ? std::string() : *value;
  }

 private:
  std::vector<Parameter> parameters_;
};

std::string WithoutSignature(const RequestHead& head) {
  std::string target(head.path());
  char separator = '?';
  for (const std::string_view parameter : Split(head.query(), '&')) {
    if (IsSignatureParameter(parameter)) continue;
    target += separator;
    target += parameter;
    separator = '&';
  }
  return target;
}

bool ReadLifetime(std::string_view text, std::chrono::seconds& lifetime) {
  constexpr int kSecondsMax = 7 * 24 * 60 * 60;
  int seconds = 0;
  const auto [end, fault] =
      std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (fault != std::errc() || end != text.data() + text.size() || seconds < 1 ||
      seconds > kSecondsMax) {
    return false;
  }
  lifetime = std::chrono::seconds(seconds);
  return true;
}

}  // namespace

bool IsSignatureParameter(std::string_view parameter) {
  return parameter.substr(0, parameter.find('=')) == kSignatureParameter;
}

ApiResult<Authorization> ParseQuery(const RequestHead& head) {
  const auto refuse = [](bool s3, std::string message) {
    return std::unexpected(RefuseMalformed(s3, true, std::move(message)));
  };
  bool s3 = LooksLikeS3(head);
  const auto parameters = QueryParameters::Read(head.query());
  if (!parameters) {
    return refuse(s3, "X-Amz-... parameters must be there once, and encoded");
  }
  if (parameters->Get("X-Amz-Algorithm") != kSigningAlgorithm) {
    return refuse(s3, "X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256\"");
  }
  Authorization authorization;
  AuthorizationParts parts(authorization, true);
  if (!parts.Credential(parameters->Get("X-Amz-Credential"))) {
    return refuse(s3,
                  "Error parsing the X-Amz-Credential parameter; want "
                  "KEY/YYYYMMDD/REGION/SERVICE/aws4_request");
  }
  s3 = authorization.s3();
  if (!parts.Time(parameters->Get("X-Amz-Date"))) {
    return refuse(s3,
                  "X-Amz-Date must be in the ISO8601 Long Format "
                  "\"yyyyMMdd'T'HHmmss'Z'\", on the date of the credential");
  }
  if (!ReadLifetime(parameters->Get("X-Amz-Expires"), authorization.lifetime)) {
    return refuse(s3,
                  "X-Amz-Expires must be 1 to 604800 seconds, which is a week");
  }
  if (!parts.SignedHeaders(parameters->Get("X-Amz-SignedHeaders"))) {
    return refuse(s3,
                  "X-Amz-SignedHeaders must be names in lower case, sorted, "
                  "between ';'");
  }
  if (!parts.Signature(parameters->Get(kSignatureParameter))) {
    return refuse(s3, "X-Amz-Signature must be 64 hexadecimal digits");
  }
  authorization.session_token = parameters->Get("X-Amz-Security-Token");
  authorization.payload_hash = parameters->Get("X-Amz-Content-Sha256");
  if (authorization.payload_hash.empty()) {
    authorization.payload_hash = head.header("x-amz-content-sha256");
  }
  authorization.target = WithoutSignature(head);
  return authorization;
}

}  // namespace skerry::cloud
