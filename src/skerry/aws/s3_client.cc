#include "skerry/aws/s3_client.h"

#include <utility>

#include "skerry/aws/s3_error.h"
#include "skerry/aws/sigv4.h"
#include "skerry/http/client.h"

namespace skerry::aws {
namespace {

constexpr std::size_t kAnswerBytes = std::size_t{64} << 10;

class S3ClientImpl final : public S3Client {
 public:
  S3ClientImpl(std::unique_ptr<http::Client> client, const http::Url& url,
               std::string region, CredentialsProvider credentials)
      : client_(std::move(client)),
        authority_(url.authority()),
        folder_(url.target),
        region_(std::move(region)),
        credentials_(std::move(credentials)) {
    while (folder_.ends_with('/')) folder_.pop_back();
  }

  Result<void> Put(const std::string& bucket, const std::string& key,
                   std::string_view content,
                   std::string_view content_type) override {
    SKERRY_ASSIGN_OR_RETURN(Credentials credentials, credentials_());
    http::Request request{
        .method = "PUT",
        .target = folder_ + '/' + UriEncode(bucket, false) + '/' +
                  UriEncode(key, true),
        .headers = {{"Content-Type", std::string(content_type)}},
        .body = content};
    const Signer signer{.credentials = std::move(credentials),
                        .region = region_,
                        .service = "s3",
                        .path_rule = PathRule::kOnce};
    http::Headers added =
        Sign(signer, request, authority_, std::chrono::system_clock::now());
    request.headers.insert(request.headers.end(), added.begin(), added.end());

    SKERRY_ASSIGN_OR_RETURN(const http::Response answer,
                            client_->Send(request));
    if (answer.status == 200) return {};
    return ErrorOfS3(answer.status, answer.body)
        .WithContext("cannot put " + bucket + '/' + key);
  }

 private:
  std::unique_ptr<http::Client> client_;
  std::string authority_;
  std::string folder_;  // of the endpoint, without a slash at the end
  std::string region_;
  CredentialsProvider credentials_;
};

}  // namespace

Result<std::unique_ptr<S3Client>> S3Client::Create(
    S3Options options, CredentialsProvider credentials) {
  auto url = http::ParseUrl(options.endpoint);
  if (!url.has_value()) return url.error().WithContext("the S3 endpoint");
  SKERRY_ASSIGN_OR_RETURN(
      auto client,
      http::Client::Create(*url, {.timeout = options.timeout,
                                  .response_bytes_max = kAnswerBytes,
                                  .ca_file = options.ca_file,
                                  .certificate_file = {},
                                  .key_file = {}}));
  return std::make_unique<S3ClientImpl>(std::move(client), *url,
                                        std::move(options.region),
                                        std::move(credentials));
}

}  // namespace skerry::aws
