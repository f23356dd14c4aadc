#include "skerry/aws/s3_test_server.h"

#include <chrono>
#include <sstream>
#include <utility>

#include "skerry/aws/digest.h"
#include "skerry/aws/sigv4.h"
#include "skerry/base/check.h"

namespace skerry::aws {
namespace {

using Request = http::TestServer::Request;

constexpr char kRegion[] = "eu-test-1";
constexpr std::chrono::seconds kPatience{10};

std::string PartOf(const std::string& authorization, const std::string& name) {
  const std::size_t start = authorization.find(name) + name.size();
  return authorization.substr(start, authorization.find(',', start) - start);
}

bool IsSignedRightly(const Request& request) {
  const std::string authorization = request.header("authorization");
  if (!authorization.starts_with("AWS4-HMAC-SHA256 ")) return false;
  http::Headers headers;
  std::istringstream names(PartOf(authorization, "SignedHeaders="));
  for (std::string name; std::getline(names, name, ';');) {
    headers.emplace_back(name, request.header(name));
  }
  const std::string time = request.header("x-amz-date");
  const std::string hash = Hex(Sha256(request.body));
  const SigningScope scope{time.substr(0, 8), kRegion, "s3"};
  const std::string canonical =
      CanonicalRequest({.method = request.method,
                        .target = request.target,
                        .headers = headers,
                        .payload_hash = hash,
                        .path_rule = PathRule::kOnce});
  const std::string wanted = Signature(
      SigningKey(S3TestServer::TestCredentials().secret_access_key, scope),
      StringToSign(time, scope, canonical));
  return EqualSecrets(PartOf(authorization, "Signature="), wanted);
}

}  // namespace

std::string S3TestServer::endpoint() const {
  return "http://127.0.0.1:" + std::to_string(server_.port());
}

Credentials S3TestServer::TestCredentials() {
  return {"test-id", "test-secret", "test-token"};
}

std::unique_ptr<S3Client> S3TestServer::NewClient() const {
  auto client = S3Client::Create(
      {.endpoint = endpoint(), .region = kRegion, .ca_file = {}},
      [] { return Result<Credentials>(TestCredentials()); });
  SKERRY_CHECK(client.has_value());
  return *std::move(client);
}

void S3TestServer::set_intercept(Intercept intercept) {
  const std::lock_guard lock(mutex_);
  intercept_ = std::move(intercept);
}

void S3TestServer::GoOffline() {
  set_intercept([](const std::string&) { return Reply{.close = true}; });
  server_.CloseConnections();
}

std::map<std::string, std::string> S3TestServer::objects() const {
  const std::lock_guard lock(mutex_);
  return objects_;
}

std::vector<std::string> S3TestServer::order() const {
  const std::lock_guard lock(mutex_);
  return order_;
}

int S3TestServer::request_count() const {
  const std::lock_guard lock(mutex_);
  return request_count_;
}

bool S3TestServer::AwaitRequests(int count) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kPatience,
                           [&] { return request_count_ >= count; });
}

bool S3TestServer::AwaitObjects(std::size_t count) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kPatience,
                           [&] { return objects_.size() >= count; });
}

S3TestServer::Reply S3TestServer::Refusal(const std::string& status,
                                          const std::string& code) {
  return http::TestServer::Text(
      status, "<?xml version=\"1.0\"?>\n<Error><Code>" + code +
                  "</Code><Message>told by a test</Message></Error>");
}

S3TestServer::Reply S3TestServer::Take(const Request& request) {
  const bool signed_rightly = IsSignedRightly(request);
  const std::lock_guard lock(mutex_);
  ++request_count_;
  changed_.notify_all();
  if (intercept_) {
    if (const auto reply = intercept_(request.target)) return *reply;
  }
  if (!signed_rightly) {
    return Refusal("403 Forbidden", "SignatureDoesNotMatch");
  }
  objects_[request.target] = request.body;
  order_.push_back(request.target);
  return http::TestServer::Text("200 OK", "");
}

}  // namespace skerry::aws
