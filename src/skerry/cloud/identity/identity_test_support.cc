#include "skerry/cloud/identity/identity_test_support.h"

#include <algorithm>

namespace skerry::cloud {
namespace {

constexpr char kHost[] = "examplebucket.s3.amazonaws.com";

}  // namespace

FixedKeys::FixedKeys() {
  key.principal = {"AKIAIOSFODNN7EXAMPLE", Role::kDeployer, "example"};
  key.secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
}

Result<AccessKey> FixedKeys::Add(Role /*role*/, const std::string& /*name*/,
                                 const Also& /*also*/) {
  return Unimplemented("fixed keys");
}

Result<AccessKey> FixedKeys::AddSession(const Principal& /*principal*/,
                                        std::chrono::seconds /*lifetime*/,
                                        const Also& /*also*/) {
  return Unimplemented("fixed keys");
}

Result<AccessKey> FixedKeys::Find(std::string_view access_key_id) {
  if (access_key_id == "UNREACHABLE")
    return Unavailable("the database is gone");
  if (access_key_id != key.principal.access_key_id) return NotFound("no key");
  return key;
}

Result<std::vector<AccessKey>> FixedKeys::List() {
  return Unimplemented("fixed keys");
}

Result<void> FixedKeys::SetActive(const std::string& /*access_key_id*/,
                                  bool /*active*/, const Also& /*also*/) {
  return Unimplemented("fixed keys");
}

Result<void> FixedKeys::Remove(const std::string& /*access_key_id*/,
                               const Also& /*also*/) {
  return Unimplemented("fixed keys");
}

std::string FixedKeys::SigningKey(const AccessKey& of, std::string_view date,
                                  std::string_view region,
                                  std::string_view service) {
  return aws::SigningKey(of.secret, {std::string(date), std::string(region),
                                     std::string(service)});
}

std::chrono::system_clock::time_point ExampleTime() {
  return std::chrono::sys_days(std::chrono::year(2013) / 5 / 24);
}

RequestHead SignedHead(const std::string& service, const std::string& method,
                       const std::string& target, std::string_view body,
                       const http::Headers& headers) {
  const aws::Signer signer{
      .credentials = {"AKIAIOSFODNN7EXAMPLE",
                      "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", ""},
      .region = "us-east-1",
      .service = service,
      .path_rule =
          service == "s3" ? aws::PathRule::kOnce : aws::PathRule::kTwice};
  const http::Request request{
      .method = method, .target = target, .headers = headers, .body = body};
  RequestHead head;
  head.method = method;
  head.target = target;
  head.headers = headers;
  head.headers.emplace_back("host", kHost);
  for (auto& [name, value] : aws::Sign(signer, request, kHost, ExampleTime())) {
    std::string lower = name;
    for (char& c : lower) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    head.headers.emplace_back(lower, value);
  }
  head.content_length = body.size();
  return head;
}

std::span<const std::byte> BytesOf(std::string_view text) {
  return std::as_bytes(std::span(text));
}

ApiResult<std::string> ReadAll(PayloadReader& reader, std::string_view body,
                               std::size_t piece_bytes) {
  std::vector<std::byte> content;
  while (!body.empty()) {
    const std::string_view piece = body.substr(0, piece_bytes);
    body.remove_prefix(piece.size());
    if (auto read = reader.Read(BytesOf(piece), content); !read) {
      return std::unexpected(read.error());
    }
  }
  if (auto end = reader.End(); !end) return std::unexpected(end.error());
  return std::string(reinterpret_cast<const char*>(content.data()),
                     content.size());
}

}  // namespace skerry::cloud
