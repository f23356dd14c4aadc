#include "skerry/cloud/sagemaker/sts.h"

#include <re2/re2.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <ctime>
#include <map>
#include <optional>
#include <utility>

#include "skerry/cloud/sagemaker/call.h"
#include "skerry/cloud/sagemaker/verified_exchange.h"

namespace skerry::cloud {
namespace {

constexpr std::size_t kBodyBytesMax = std::size_t{64} << 10;
constexpr std::size_t kParameterCountMax = 256;
constexpr std::string_view kVersion = "2011-06-15";

using Parameters = std::map<std::string, std::string, std::less<>>;

std::optional<char> HexByte(std::string_view digits) {
  unsigned char byte = 0;
  const auto [end, fault] =
      std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
  if (digits.size() != 2 || fault != std::errc() ||
      end != digits.data() + digits.size()) {
    return std::nullopt;
  }
  return static_cast<char>(byte);
}

// A name or value of a form; none: an escape is broken.
std::optional<std::string> DecodeForm(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      const std::optional<char> byte =
          HexByte(text.substr(i + 1, std::min<std::size_t>(2, text.size())));
      if (!byte) return std::nullopt;
      plain += *byte;
      i += 2;
    } else {
      plain += text[i] == '+' ? ' ' : text[i];
    }
  }
  return plain;
}

bool ReadForm(std::string_view form, Parameters& parameters) {
  while (!form.empty()) {
    const std::string_view pair = form.substr(0, form.find('&'));
    form.remove_prefix(std::min(pair.size() + 1, form.size()));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const auto name = DecodeForm(pair.substr(0, equals));
    const auto value =
        DecodeForm(pair.substr(std::min(equals + 1, pair.size())));
    if (!name || !value) return false;
    parameters[*name] = *value;
    if (parameters.size() > kParameterCountMax) return false;
  }
  return true;
}

std::string EscapeXml(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '<') {
      escaped += "&lt;";
    } else if (c == '>') {
      escaped += "&gt;";
    } else if (c == '&') {
      escaped += "&amp;";
    } else {
      escaped += byte < 0x20 ? '?' : c;
    }
  }
  return escaped;
}

std::string Element(std::string_view name, std::string_view text) {
  return "<" + std::string(name) + ">" + EscapeXml(text) + "</" +
         std::string(name) + ">";
}

std::string Iso8601(std::int64_t micros) {
  const std::time_t seconds = micros / 1'000'000;
  std::tm utc = {};
  gmtime_r(&seconds, &utc);
  char text[32];
  const std::size_t size =
      std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
  return {text, size};
}

std::string Credentials(const AccessKey& key) {
  return "<Credentials>" + Element("AccessKeyId", key.principal.access_key_id) +
         Element("SecretAccessKey", key.secret) +
         Element("SessionToken", key.session_token) +
         Element("Expiration", Iso8601(key.expires)) + "</Credentials>";
}

struct Lifetime {
  int min = 0, max = 0, otherwise = 0;  // seconds
};
constexpr Lifetime kTokenLifetime = {900, 129'600, 43'200};
constexpr Lifetime kRoleLifetime = {900, 43'200, 3600};

ApiResult<std::chrono::seconds> ReadLifetime(const Parameters& parameters,
                                             const Lifetime& lifetime) {
  const auto found = parameters.find("DurationSeconds");
  if (found == parameters.end()) {
    return std::chrono::seconds(lifetime.otherwise);
  }
  int seconds = 0;
  const std::string& text = found->second;
  const auto [end, fault] =
      std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (fault != std::errc() || end != text.data() + text.size() ||
      seconds < lifetime.min || seconds > lifetime.max) {
    return std::unexpected(ApiError{400, "ValidationError",
                                    "DurationSeconds must be from " +
                                        std::to_string(lifetime.min) + " to " +
                                        std::to_string(lifetime.max) + "."});
  }
  return std::chrono::seconds(seconds);
}

ApiResult<std::string> NeedMatch(const Parameters& parameters,
                                 const std::string& name,
                                 const re2::RE2& pattern) {
  const auto found = parameters.find(name);
  if (found != parameters.end() &&
      re2::RE2::FullMatch(found->second, pattern)) {
    return found->second;
  }
  return std::unexpected(
      ApiError{400, "ValidationError",
               name + (found == parameters.end()
                           ? " is missing."
                           : " must match " + pattern.pattern() + ".")});
}

class StsExchange final : public VerifiedExchange {
 public:
  StsExchange(AccessKeys& keys, RequestHead head)
      : VerifiedExchange(keys, std::move(head), kBodyBytesMax), keys_(keys) {}

 protected:
  Response Answer(std::string_view body) override {
    Parameters parameters;
    if (!ReadForm(head().query(), parameters) || !ReadForm(body, parameters)) {
      return Refuse({400, "MalformedQueryString", "The form is malformed."});
    }
    const std::string& action = parameters["Action"];
    const ApiResult<std::string> result = Run(action, parameters);
    if (!result) return Refuse(result.error());
    return Xml(200, "<" + action +
                        "Response xmlns=\"https://sts.amazonaws.com/"
                        "doc/2011-06-15/\"><" +
                        action + "Result>" + *result + "</" + action +
                        "Result><ResponseMetadata>" +
                        Element("RequestId", request_id()) +
                        "</ResponseMetadata></" + action + "Response>");
  }

  Response Refuse(const ApiError& error) const override {
    return Xml(error.status,
               "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/"
               "2011-06-15/\"><Error>" +
                   Element("Type", error.status < 500 ? "Sender" : "Receiver") +
                   Element("Code", error.code) +
                   Element("Message", error.message) + "</Error>" +
                   Element("RequestId", request_id()) + "</ErrorResponse>");
  }

 private:
  Response Xml(int status, const std::string& body) const {
    Response response;
    response.status = status;
    response.headers = {{"Content-Type", "text/xml"},
                        {"x-amzn-RequestId", request_id()}};
    response.body = body;
    return response;
  }

  const Principal& caller() const { return verified().principal; }

  std::string CallerArn() const {
    return "arn:aws:iam::" + std::string(kAccount) + ":user/" + caller().name;
  }

  ApiResult<std::string> Run(const std::string& action,
                             const Parameters& parameters) {
    const auto version = parameters.find("Version");
    if (version != parameters.end() && version->second != kVersion) {
      return std::unexpected(ApiError{400, "InvalidAction",
                                      "There is no such version of the API."});
    }
    if (action != "GetCallerIdentity" && action != "GetSessionToken" &&
        action != "AssumeRole") {
      return std::unexpected(ApiError{
          400, "InvalidAction", "Could not find operation " + action + "."});
    }
    if (!Allows(caller(), "sts:" + action, "")) {
      return std::unexpected(
          ApiError{403, "AccessDenied",
                   "The key " + caller().access_key_id +
                       " is not authorized to perform sts:" + action + "."});
    }
    if (action == "GetCallerIdentity") return CallerIdentity();
    if (action == "GetSessionToken") return SessionToken(parameters);
    return AssumeRole(parameters);
  }

  std::string CallerIdentity() const {
    return Element("Arn", CallerArn()) +
           Element("UserId", caller().access_key_id) +
           Element("Account", kAccount);
  }

  ApiResult<AccessKey> NewSession(std::string_view action,
                                  const std::string& resource,
                                  std::chrono::seconds lifetime) {
    Result<AccessKey> key = keys_.AddSession(
        caller(), lifetime,
        [&](Transaction& transaction, const AccessKey&) -> Result<void> {
          return WriteAudit(transaction,
                            {.time = NowMicros(),
                             .access_key_id = caller().access_key_id,
                             .name = caller().name,
                             .peer = head().peer,
                             .action = "sts:" + std::string(action),
                             .resource = resource,
                             .outcome = "ok"});
        });
    if (!key) return std::unexpected(InternalApiError(key.error()));
    return *std::move(key);
  }

  ApiResult<std::string> SessionToken(const Parameters& parameters) {
    const Result<AccessKey> own = keys_.Find(caller().access_key_id);
    if (!own) return std::unexpected(InternalApiError(own.error()));
    if (!own->session_token.empty()) {
      return std::unexpected(
          ApiError{403, "AccessDenied",
                   "Cannot call GetSessionToken with session credentials"});
    }
    SKERRY_API_ASSIGN_OR_RETURN(const std::chrono::seconds lifetime,
                                ReadLifetime(parameters, kTokenLifetime));
    SKERRY_API_ASSIGN_OR_RETURN(
        const AccessKey key,
        NewSession("GetSessionToken", CallerArn(), lifetime));
    return Credentials(key);
  }

  ApiResult<std::string> AssumeRole(const Parameters& parameters) {
    static const re2::RE2 kRole(
        R"(arn:aws[a-z\-]*:iam::\d{12}:role/[a-zA-Z_0-9+=,.@\-/]{1,512})");
    static const re2::RE2 kSession(R"([\w+=,.@-]{2,64})");
    SKERRY_API_ASSIGN_OR_RETURN(const std::string role,
                                NeedMatch(parameters, "RoleArn", kRole));
    SKERRY_API_ASSIGN_OR_RETURN(
        const std::string session,
        NeedMatch(parameters, "RoleSessionName", kSession));
    SKERRY_API_ASSIGN_OR_RETURN(const std::chrono::seconds lifetime,
                                ReadLifetime(parameters, kRoleLifetime));
    SKERRY_API_ASSIGN_OR_RETURN(const AccessKey key,
                                NewSession("AssumeRole", role, lifetime));
    const std::string name = role.substr(role.rfind('/') + 1);
    return Credentials(key) + "<AssumedRoleUser>" +
           Element("AssumedRoleId",
                   key.principal.access_key_id + ":" + session) +
           Element("Arn", "arn:aws:sts::" + std::string(kAccount) +
                              ":assumed-role/" + name + "/" + session) +
           "</AssumedRoleUser>" + Element("PackedPolicySize", "0");
  }

  AccessKeys& keys_;
};

class StsHandler final : public Handler {
 public:
  explicit StsHandler(AccessKeys& keys) : keys_(keys) {}

  std::unique_ptr<Exchange> NewExchange(RequestHead head) override {
    return std::make_unique<StsExchange>(keys_, std::move(head));
  }

 private:
  AccessKeys& keys_;
};

}  // namespace

std::unique_ptr<Handler> NewStsHandler(AccessKeys& keys) {
  return std::make_unique<StsHandler>(keys);
}

}  // namespace skerry::cloud
