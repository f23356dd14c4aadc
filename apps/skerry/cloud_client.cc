#include "cloud_client.h"

#include <chrono>
#include <cstdlib>
#include <utility>

#include "skerry/aws/sigv4.h"
#include "skerry/http/client.h"

namespace skerry::cli {
namespace {

std::string Variable(const char* name) {
  const char* const value = std::getenv(name);
  return value != nullptr ? value : "";
}

std::string Region() {
  for (const char* name : {"AWS_REGION", "AWS_DEFAULT_REGION"}) {
    if (std::string region = Variable(name); !region.empty()) return region;
  }
  return "us-east-1";
}

/// What the server says of itself, or of an error: {"code", "message"}, or
/// another form of an AWS service.
std::string MessageOf(const http::Response& response, const Json& json) {
  const std::string status = "HTTP status " + std::to_string(response.status);
  if (!json.is_object()) return status;
  const std::string code = json.value("code", status);
  return json.value("message", json.value("Message", status)) + " (" + code +
         ")";
}

class Client final : public CloudClient {
 public:
  Client(std::unique_ptr<http::Client> http, aws::Signer signer,
         std::string authority)
      : http_(std::move(http)),
        signer_(std::move(signer)),
        authority_(std::move(authority)) {}

  Result<Json> Call(const std::string& method, const std::string& target,
                    const Json& body) override {
    const std::string text = body.is_null() ? "" : body.dump();
    http::Request request{
        .method = method, .target = target, .headers = {}, .body = text};
    if (!text.empty()) {
      request.headers.emplace_back("Content-Type", "application/json");
    }
    const http::Headers signature = aws::Sign(signer_, request, authority_,
                                              std::chrono::system_clock::now());
    request.headers.insert(request.headers.end(), signature.begin(),
                           signature.end());
    SKERRY_ASSIGN_OR_RETURN(const http::Response response,
                            http_->Send(request));
    Json json = Json::parse(response.body, nullptr, false);
    if (response.status >= 500) return Unavailable(MessageOf(response, json));
    if (response.status == 404) return NotFound(MessageOf(response, json));
    if (response.status >= 300) {
      return InvalidArgument(MessageOf(response, json));
    }
    if (!json.is_object()) {
      return Unavailable(
          "this is no answer of a control plane; is "
          "AWS_ENDPOINT_URL right?");
    }
    return json;
  }

 private:
  std::unique_ptr<http::Client> http_;
  const aws::Signer signer_;
  const std::string authority_;
};

}  // namespace

Result<std::unique_ptr<CloudClient>> CloudClient::Create() {
  const std::string endpoint = Variable("AWS_ENDPOINT_URL");
  if (endpoint.empty()) {
    return FailedPrecondition(
        "AWS_ENDPOINT_URL is not set in the environment\n"
        "'skerry-cloud init' prints all that is wanted");
  }
  auto url = http::ParseUrl(endpoint);
  if (!url) return url.error().WithContext("AWS_ENDPOINT_URL");
  SKERRY_ASSIGN_OR_RETURN(aws::Credentials credentials,
                          aws::EnvironmentCredentials()());
  http::ClientOptions options;
  options.ca_file = Variable("AWS_CA_BUNDLE");
  SKERRY_ASSIGN_OR_RETURN(std::unique_ptr<http::Client> http,
                          http::Client::Create(*url, options));
  return std::make_unique<Client>(
      std::move(http),
      aws::Signer{.credentials = std::move(credentials),
                  .region = Region(),
                  .service = "skerry"},
      url->authority());
}

std::string UrlPart(const std::string& text) {
  return aws::UriEncode(text, false);
}

}  // namespace skerry::cli
