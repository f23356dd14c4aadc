#include "skerry/aws/iot_credentials.h"

#include <cstdlib>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "skerry/http/client.h"

namespace skerry::aws {
namespace {

using std::chrono::system_clock;
using Json = nlohmann::json;

// New ones are fetched so long before the old ones end.
constexpr std::chrono::minutes kRenewBefore{5};
constexpr std::size_t kCredentialsBytesMax = std::size_t{64} << 10;

Result<std::string> StringOf(const Json& object, const char* name) {
  const auto field = object.find(name);
  if (field == object.end() || !field->is_string()) {
    return DataLoss(std::string("the credential provider's answer has no ") +
                    name);
  }
  return field->get<std::string>();
}

std::optional<int> Number(std::string_view digits) {
  int value = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

// "2018-01-18T09:18:06Z", with or without a fraction.
std::optional<system_clock::time_point> ParseTime(std::string_view text) {
  constexpr std::string_view kForm = "0000-00-00T00:00:00Z";
  if (text.size() < kForm.size() || !text.ends_with('Z') || text[4] != '-' ||
      text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':') {
    return std::nullopt;
  }
  const auto year = Number(text.substr(0, 4));
  const auto month = Number(text.substr(5, 2));
  const auto day = Number(text.substr(8, 2));
  const auto hour = Number(text.substr(11, 2));
  const auto minute = Number(text.substr(14, 2));
  const auto second = Number(text.substr(17, 2));
  if (!year || !month || !day || !hour || !minute || !second) return {};
  const std::chrono::year_month_day date(
      std::chrono::year(*year),
      std::chrono::month(static_cast<unsigned>(*month)),
      std::chrono::day(static_cast<unsigned>(*day)));
  // The clock counts nanoseconds: its years are few.
  const bool representable = *year >= 1970 && *year <= 2200;
  if (!date.ok() || !representable || *hour > 23 || *minute > 59 ||
      *second > 60) {
    return {};
  }
  return std::chrono::sys_days(date) + std::chrono::hours(*hour) +
         std::chrono::minutes(*minute) + std::chrono::seconds(*second);
}

// Fetches credentials and keeps them.
class IotProvider {
 public:
  IotProvider(std::unique_ptr<http::Client> client, http::Request request)
      : client_(std::move(client)), request_(std::move(request)) {}

  Result<Credentials> Get() {
    const std::lock_guard lock(mutex_);
    const auto now = system_clock::now();
    if (kept_ && now < kept_->expiration - kRenewBefore) {
      return kept_->credentials;
    }
    auto fetched = Fetch();
    if (fetched.has_value()) {
      kept_ = *std::move(fetched);
      return kept_->credentials;
    }
    // Better the last minutes of the old ones than none.
    if (kept_ && now < kept_->expiration) return kept_->credentials;
    return std::move(fetched).error();
  }

 private:
  Result<ExpiringCredentials> Fetch() {
    auto answer = client_->Send(request_);
    if (!answer.has_value()) {
      return answer.error().WithContext("the credential provider");
    }
    if (answer->status == 200) return ParseIotCredentials(answer->body);
    std::string text = "the credential provider answered " +
                       std::to_string(answer->status) +
                       "; check role alias, thing name and certificate";
    if (answer->status >= 500) return Unavailable(std::move(text));
    return PermissionDenied(std::move(text));
  }

  std::mutex mutex_;
  std::unique_ptr<http::Client> client_;
  http::Request request_;
  std::optional<ExpiringCredentials> kept_;
};

}  // namespace

Result<ExpiringCredentials> ParseIotCredentials(std::string_view json) {
  const Json answer = Json::parse(json, nullptr, /*allow_exceptions=*/false);
  if (!answer.is_object() || !answer.contains("credentials") ||
      !answer["credentials"].is_object()) {
    return DataLoss("the credential provider's answer has no credentials");
  }
  const Json& object = answer["credentials"];
  ExpiringCredentials read;
  SKERRY_ASSIGN_OR_RETURN(read.credentials.access_key_id,
                          StringOf(object, "accessKeyId"));
  SKERRY_ASSIGN_OR_RETURN(read.credentials.secret_access_key,
                          StringOf(object, "secretAccessKey"));
  SKERRY_ASSIGN_OR_RETURN(read.credentials.session_token,
                          StringOf(object, "sessionToken"));
  if (!object.contains("expiration")) return read;
  SKERRY_ASSIGN_OR_RETURN(const std::string expiration,
                          StringOf(object, "expiration"));
  const auto time = ParseTime(expiration);
  if (!time) {
    return DataLoss("the credential provider's expiration is no time");
  }
  read.expiration = *time;
  return read;
}

Result<CredentialsProvider> IotCredentials(IotCredentialOptions options) {
  auto url = http::ParseUrl(options.url);
  if (!url.has_value()) {
    return url.error().WithContext("the credential provider's URL");
  }
  if (!url->tls) {
    return InvalidArgument("the credential provider's URL must be https, got " +
                           options.url);
  }
  SKERRY_ASSIGN_OR_RETURN(
      auto client,
      http::Client::Create(*url, {.response_bytes_max = kCredentialsBytesMax,
                                  .ca_file = options.ca_file,
                                  .certificate_file = options.certificate_file,
                                  .key_file = options.key_file}));
  http::Request request{
      .method = "GET",
      .target = url->target,
      .headers = {{"x-amzn-iot-thingname", options.thing_name}},
      .body = {}};
  auto provider =
      std::make_shared<IotProvider>(std::move(client), std::move(request));
  return [provider]() { return provider->Get(); };
}

}  // namespace skerry::aws
