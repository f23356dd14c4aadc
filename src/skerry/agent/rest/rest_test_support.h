#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "skerry/agent/rest/http_server.h"
#include "skerry/agent/serving/serving_test_support.h"
#include "skerry/platform/temp_directory.h"

namespace skerry::agent {

/// An answer as it came over the wire; header names in lower case.
struct RawResponse {
  int status = 0;
  std::map<std::string, std::string> headers;
  std::string body;
};

/// A connection that sends and reads bytes as a test says.
class RawClient {
 public:
  /// To the unix socket at `path`.
  explicit RawClient(const std::string& path);
  /// To a port of this machine.
  explicit RawClient(int port);
  RawClient(RawClient&& other) noexcept = default;

  bool connected() const { return connected_; }
  int number() const { return socket_.number(); }
  /// Whether all of it could be sent.
  bool Send(std::string_view bytes);
  /// Sends a request with `body` and reads the answer.
  std::optional<RawResponse> Call(
      std::string_view method, std::string_view path,
      std::string_view body = "",
      const std::vector<std::pair<std::string, std::string>>& headers = {});
  /// The next answer; nothing if the connection ends before.
  std::optional<RawResponse> Read(bool has_body = true);
  /// Everything until the connection ends.
  std::string ReadToEnd();
  void EndOutput();
  void Close() { socket_ = {}; }

 private:
  bool ReadMore();

  platform::FileDescriptor socket_;
  bool connected_ = false;
  std::string input_;
};

/// A server with all that it serves.
class RestServer {
 public:
  explicit RestServer(const std::function<void(HttpServer::Options&)>& change =
                          [](HttpServer::Options&) {});

  const std::string& socket_path() const { return socket_path_; }
  RawClient Connect() const { return RawClient(socket_path_); }
  Result<void> Load(const std::string& alias,
                    const std::vector<std::byte>& model,
                    const ModelOptions& options = {});

  TestPackages packages;
  TestStore store;
  std::unique_ptr<SharedRegions> regions;
  std::unique_ptr<Repository> repository;
  std::atomic<bool> ready = true;
  /// What came by HTTP/2.
  std::mutex mutex;
  std::vector<std::pair<platform::FileDescriptor, Peer>> adopted;
  std::unique_ptr<HttpServer> server;

 private:
  platform::TempDirectory folder_;
  std::string socket_path_;
};

/// Waits until `condition` is true; false if that takes too long.
bool Await(const std::function<bool()>& condition);

/// The JSON of a request to a scale model: {1, 2, 3} times `rows`.
std::string ScaleJson(int rows = 1);

}  // namespace skerry::agent
