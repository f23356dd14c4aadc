#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "skerry/aws/s3_client.h"
#include "skerry/http/http_test_server.h"

namespace skerry::aws {

/// A small S3 for tests: takes PUT requests over real HTTP, checks their
/// signatures by signing once more, and keeps what they put.
///
/// Thread safety: thread-safe.
class S3TestServer {
 public:
  using Reply = http::TestServer::Reply;
  /// Answers the request for `target` in place of the server; none: as usual.
  using Intercept = std::function<std::optional<Reply>(const std::string&)>;

  S3TestServer()
      : server_([this](const auto& request) { return Take(request); }) {}

  std::string endpoint() const;
  static Credentials TestCredentials();
  /// A client of this server.
  std::unique_ptr<S3Client> NewClient() const;

  void set_intercept(Intercept intercept);
  /// Without network: ends connections, and drops each that comes.
  void GoOffline();

  /// What was put: "/bucket/key" to content.
  std::map<std::string, std::string> objects() const;
  /// The paths in the order in which they were put, again if put again.
  std::vector<std::string> order() const;
  int request_count() const;
  /// Waits for as many requests, answered in any way; false after 10 s.
  bool AwaitRequests(int count);
  bool AwaitObjects(std::size_t count);

  /// S3's answer to a request that it does not do.
  static Reply Refusal(const std::string& status, const std::string& code);

 private:
  Reply Take(const http::TestServer::Request& request);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  int request_count_ = 0;
  Intercept intercept_;
  std::map<std::string, std::string> objects_;
  std::vector<std::string> order_;
  http::TestServer server_;  // the last: it ends before what it uses
};

}  // namespace skerry::aws
