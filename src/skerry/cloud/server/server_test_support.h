#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "skerry/cloud/server/server.h"
#include "skerry/platform/file.h"
#include "skerry/platform/temp_directory.h"

namespace skerry::cloud {

/// An answer as it came over the wire; header names in lower case.
struct RawResponse {
  int status = 0;
  std::map<std::string, std::string> headers;
  std::string body;
};

/// A connection that sends and reads bytes as a test says. No read waits for
/// longer than half a minute.
class RawClient {
 public:
  explicit RawClient(int port, int receive_buffer_bytes = 0);
  RawClient(RawClient&& other) noexcept = default;

  bool connected() const { return connected_; }
  int number() const { return socket_.number(); }
  /// Whether all of it could be sent.
  bool Send(std::string_view bytes);
  /// Sends a request with `body` and reads the answer.
  std::optional<RawResponse> Call(std::string_view method,
                                  std::string_view path,
                                  std::string_view body = "",
                                  std::string_view more_headers = "");
  /// The next answer; nothing if the connection ends before.
  std::optional<RawResponse> Read(bool has_body = true);
  /// Everything until the connection ends.
  std::string ReadToEnd();
  void Close() { socket_ = {}; }

 private:
  bool ReadMore();

  platform::FileDescriptor socket_;
  bool connected_ = false;
  std::string input_;
};

/// Answers by the path:
///   /echo     the body
///   /count    "N bytes in P pieces, H" with a hash of the body
///   /refuse   403 before the body
///   /mid      400 after the body's first piece
///   /file     what `file` holds; /file/half its second half
///   /big      `big` bytes from memory
///   /gate     waits for `Open`
///   /throw    throws
///   /split    a header with a line's end in it
///   /empty    204
///   else      its method and target
class TestHandler final : public Handler {
 public:
  std::unique_ptr<Exchange> NewExchange(RequestHead head) override;

  void Open();
  void AwaitOpen();
  std::string WriteFile(std::size_t bytes);

  std::string file;
  std::size_t big = 0;
  std::atomic<int> exchanges = 0;  ///< alive
  std::atomic<int> begun = 0;
  std::atomic<std::uint64_t> written = 0;
  std::atomic<bool> slow = false;  ///< each piece waits for `Open`

 private:
  platform::TempDirectory folder_ =
      *platform::TempDirectory::Create("cloud_server_test");
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
};

/// A server of a test handler.
class TestCloudServer {
 public:
  explicit TestCloudServer(const std::function<void(ServerOptions&)>& change =
                               [](ServerOptions&) {});
  ~TestCloudServer();

  RawClient Connect() const { return RawClient(server->port()); }
  /// Sends `bytes` on a connection of their own and reads it to its end.
  std::string Exchange(std::string_view bytes) const;
  /// The value of the metric's line that begins with `name`.
  double Metric(const std::string& name) const;

  TestHandler handler;
  telemetry::Registry metrics;
  telemetry::Logger log;
  std::unique_ptr<Server> server;
};

/// Waits until `condition` is true; false if that takes too long.
bool Await(const std::function<bool()>& condition);

}  // namespace skerry::cloud
