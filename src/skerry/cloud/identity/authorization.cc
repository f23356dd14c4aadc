#include "skerry/cloud/identity/authorization.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>
#include <utility>

#include "skerry/cloud/identity/refusal.h"

namespace skerry::cloud {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::string_view kSignatureParameter = "X-Amz-Signature";
constexpr std::size_t kDateDigits = 8;
constexpr std::size_t kSignatureDigits = 64;
constexpr std::size_t kSignedHeadersMax = 100;
constexpr std::size_t kNameBytesMax = 128;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsAlphanumeric(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

int HexValue(char c) {
  if (IsDigit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Of a region or service: what goes into cache keys and messages.
bool IsScopeName(std::string_view name) {
  return !name.empty() && name.size() <= kNameBytesMax &&
         std::ranges::all_of(
             name, [](char c) { return IsAlphanumeric(c) || c == '-'; });
}

bool IsSignature(std::string_view text) {
  return text.size() == kSignatureDigits &&
         std::ranges::all_of(
             text, [](char c) { return IsDigit(c) || (c >= 'a' && c <= 'f'); });
}

bool IsHeaderName(std::string_view name) {
  constexpr std::string_view kSigns = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::ranges::all_of(name, [&](char c) {
    return IsDigit(c) || (c >= 'a' && c <= 'z') || kSigns.contains(c);
  });
}

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

// None for a '%' without two digits, and for what has no place in a URL.
std::optional<std::string> DecodeParameter(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    const int high = HexValue(text[i + 1]);
    const int low = HexValue(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return decoded;
}

std::size_t CountHeader(const RequestHead& head, std::string_view name) {
  return static_cast<std::size_t>(std::ranges::count_if(
      head.headers, [&](const auto& header) { return header.first == name; }));
}

// Which protocol's error an unsigned request gets: SageMaker's and STS's
// clients are known by these headers.
bool LooksLikeS3(const RequestHead& head) {
  return head.header("x-amz-target").empty() &&
         !head.header("content-type").starts_with("application/x-amz-json") &&
         !head.header("content-type")
              .starts_with("application/x-www-form-urlencoded");
}

// Fills in what the parts have in common, or says what is wrong with them.
class Builder {
 public:
  Builder(Authorization& authorization, bool presigned)
      : authorization_(authorization) {
    authorization.presigned = presigned;
  }

  /// "AKID/20150830/us-east-1/s3/aws4_request"
  bool Credential(std::string_view text) {
    const std::vector<std::string_view> parts = Split(text, '/');
    if (parts.size() != 5 || parts[4] != "aws4_request") return false;
    const bool fits = IsScopeName(parts[0]) && parts[1].size() == kDateDigits &&
                      std::ranges::all_of(parts[1], IsDigit) &&
                      IsScopeName(parts[2]) && IsScopeName(parts[3]);
    if (!fits) return false;
    authorization_.access_key_id = parts[0];
    authorization_.scope = {std::string(parts[1]), std::string(parts[2]),
                            std::string(parts[3])};
    return true;
  }

  bool SignedHeaders(std::string_view text) {
    const std::vector<std::string_view> names = Split(text, ';');
    if (names.size() > kSignedHeadersMax ||
        !std::ranges::all_of(names, IsHeaderName) ||
        std::ranges::adjacent_find(names, std::greater_equal<>()) !=
            names.end()) {
      return false;
    }
    authorization_.signed_headers.assign(names.begin(), names.end());
    return true;
  }

  bool Signature(std::string_view text) {
    if (!IsSignature(text)) return false;
    authorization_.signature = text;
    return true;
  }

  bool Time(std::string_view text) {
    const auto time = ParseAmzTime(text);
    if (!time || !text.starts_with(authorization_.scope.date)) return false;
    authorization_.time = text;
    authorization_.signed_at = *time;
    return true;
  }

 private:
  Authorization& authorization_;
};

// The fields of the Authorization header, in any order, each once.
struct HeaderFields {
  std::optional<std::string_view> credential, signed_headers, signature;
};

std::optional<HeaderFields> ReadFields(std::string_view text) {
  HeaderFields fields;
  for (std::string_view field : Split(text, ',')) {
    while (field.starts_with(' ')) field.remove_prefix(1);
    while (field.ends_with(' ')) field.remove_suffix(1);
    const std::size_t equals = field.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const std::string_view name = field.substr(0, equals);
    std::optional<std::string_view>* const place =
        name == "Credential"      ? &fields.credential
        : name == "SignedHeaders" ? &fields.signed_headers
        : name == "Signature"     ? &fields.signature
                                  : nullptr;
    if (place == nullptr || *place) return std::nullopt;
    *place = field.substr(equals + 1);
  }
  if (!fields.credential || !fields.signed_headers || !fields.signature) {
    return std::nullopt;
  }
  return fields;
}

ApiResult<Authorization> ParseHeader(const RequestHead& head) {
  const std::string_view text = head.header("authorization");
  const bool s3 = LooksLikeS3(head);
  const auto refuse = [&](bool known_s3, std::string message) {
    return std::unexpected(
        RefuseMalformed(known_s3, false, std::move(message)));
  };
  if (!text.starts_with(kAlgorithm) ||
      !text.substr(kAlgorithm.size()).starts_with(' ')) {
    return std::unexpected(ApiError{
        400, s3 ? "InvalidRequest" : "IncompleteSignature",
        "The authorization mechanism you have provided is not supported. "
        "Please use AWS4-HMAC-SHA256."});
  }
  const auto fields = ReadFields(text.substr(kAlgorithm.size()));
  if (!fields) {
    return refuse(s3,
                  "The authorization header is malformed: want Credential, "
                  "SignedHeaders and Signature, once each");
  }
  Authorization authorization;
  Builder builder(authorization, false);
  if (!builder.Credential(*fields->credential)) {
    return refuse(s3,
                  "The authorization header is malformed: want Credential="
                  "KEY/YYYYMMDD/REGION/SERVICE/aws4_request");
  }
  const bool is_s3 = authorization.s3();
  if (!builder.SignedHeaders(*fields->signed_headers)) {
    return refuse(is_s3,
                  "The authorization header is malformed: SignedHeaders must "
                  "be names in lower case, sorted, between ';'");
  }
  if (!builder.Signature(*fields->signature)) {
    return refuse(is_s3,
                  "The authorization header is malformed: Signature must be 64 "
                  "hexadecimal digits");
  }
  if (!builder.Time(head.header("x-amz-date"))) {
    return refuse(is_s3,
                  "x-amz-date must be a time like 20150830T123600Z on the date "
                  "of the Credential");
  }
  authorization.session_token = head.header("x-amz-security-token");
  authorization.payload_hash = head.header("x-amz-content-sha256");
  authorization.target = head.target;
  return authorization;
}

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

bool IsSignatureParameter(std::string_view parameter) {
  return parameter.substr(0, parameter.find('=')) == kSignatureParameter;
}

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

ApiResult<Authorization> ParseQuery(const RequestHead& head) {
  const auto refuse = [](bool s3, std::string message) {
    return std::unexpected(RefuseMalformed(s3, true, std::move(message)));
  };
  bool s3 = LooksLikeS3(head);
  const auto parameters = QueryParameters::Read(head.query());
  if (!parameters) {
    return refuse(s3, "X-Amz-... parameters must be there once, and encoded");
  }
  if (parameters->Get("X-Amz-Algorithm") != kAlgorithm) {
    return refuse(s3, "X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256\"");
  }
  Authorization authorization;
  Builder builder(authorization, true);
  if (!builder.Credential(parameters->Get("X-Amz-Credential"))) {
    return refuse(s3,
                  "Error parsing the X-Amz-Credential parameter; want "
                  "KEY/YYYYMMDD/REGION/SERVICE/aws4_request");
  }
  s3 = authorization.s3();
  if (!builder.Time(parameters->Get("X-Amz-Date"))) {
    return refuse(s3,
                  "X-Amz-Date must be in the ISO8601 Long Format "
                  "\"yyyyMMdd'T'HHmmss'Z'\", on the date of the credential");
  }
  if (!ReadLifetime(parameters->Get("X-Amz-Expires"), authorization.lifetime)) {
    return refuse(s3,
                  "X-Amz-Expires must be 1 to 604800 seconds, which is a week");
  }
  if (!builder.SignedHeaders(parameters->Get("X-Amz-SignedHeaders"))) {
    return refuse(s3,
                  "X-Amz-SignedHeaders must be names in lower case, sorted, "
                  "between ';'");
  }
  if (!builder.Signature(parameters->Get(kSignatureParameter))) {
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

// A header that a check relies on must not have a second value.
std::optional<std::string_view> FindRepeated(const RequestHead& head) {
  constexpr std::array<std::string_view, 7> kOnce = {
      "authorization",        "host",
      "x-amz-content-sha256", "x-amz-date",
      "x-amz-security-token", "x-amz-decoded-content-length",
      "x-amz-trailer"};
  for (const std::string_view name : kOnce) {
    if (CountHeader(head, name) > 1) return name;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::chrono::system_clock::time_point> ParseAmzTime(
    std::string_view text) {
  constexpr std::string_view kShape = "00000000T000000Z";
  if (text.size() != kShape.size()) return std::nullopt;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool fits =
        kShape[i] == '0' ? IsDigit(text[i]) : text[i] == kShape[i];
    if (!fits) return std::nullopt;
  }
  const auto number = [&](std::size_t start, std::size_t count) {
    int value = 0;
    for (const char c : text.substr(start, count)) value = value * 10 + c - '0';
    return value;
  };
  const std::chrono::year_month_day date{
      std::chrono::year(number(0, 4)),
      std::chrono::month(static_cast<unsigned>(number(4, 2))),
      std::chrono::day(static_cast<unsigned>(number(6, 2)))};
  const int hours = number(9, 2);
  const int minutes = number(11, 2);
  const int seconds = number(13, 2);
  // The clock counts nanoseconds, from 1677 to 2262.
  const bool countable = number(0, 4) >= 1970 && number(0, 4) < 2200;
  if (!date.ok() || !countable || hours > 23 || minutes > 59 || seconds > 59) {
    return std::nullopt;
  }
  return std::chrono::sys_days(date) + std::chrono::hours(hours) +
         std::chrono::minutes(minutes) + std::chrono::seconds(seconds);
}

ApiResult<Authorization> ParseAuthorization(const RequestHead& head) {
  const bool in_header = CountHeader(head, "authorization") > 0;
  const bool in_query =
      std::ranges::any_of(Split(head.query(), '&'), [](auto parameter) {
        return IsSignatureParameter(parameter) ||
               parameter.starts_with("X-Amz-Algorithm=");
      });
  const bool s3 = LooksLikeS3(head);
  if (!in_header && !in_query) return std::unexpected(RefuseAnonymous(s3));
  if (in_header && in_query) {
    return std::unexpected(ApiError{
        400, s3 ? "InvalidArgument" : "IncompleteSignature",
        "Only one auth mechanism allowed; only the X-Amz-Algorithm query "
        "parameter or the Authorization header should be specified"});
  }
  if (const auto repeated = FindRepeated(head)) {
    return std::unexpected(
        RefuseMalformed(s3, in_query,
                        "The header " + std::string(*repeated) +
                            " must not be there more than once"));
  }
  return in_header ? ParseHeader(head) : ParseQuery(head);
}

}  // namespace skerry::cloud
