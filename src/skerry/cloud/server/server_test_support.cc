#include "skerry/cloud/server/server_test_support.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <thread>
#include <utility>

namespace skerry::cloud {
namespace {

constexpr std::chrono::seconds kPatience{30};

RawResponse ParseResponseHead(const std::string& head) {
  RawResponse response;
  response.status = std::atoi(head.c_str() + std::strlen("HTTP/1.1 "));
  std::size_t at = head.find("\r\n") + 2;
  while (at < head.size()) {
    const std::size_t end = std::min(head.find("\r\n", at), head.size());
    const std::string line = head.substr(at, end - at);
    const std::size_t colon = line.find(": ");
    std::string name = line.substr(0, colon);
    std::ranges::transform(name, name.begin(), [](unsigned char c) {
      return static_cast<char>(std::tolower(c));
    });
    response.headers[name] =
        colon == std::string::npos ? "" : line.substr(colon + 2);
    at = end + 2;
  }
  return response;
}

Response Text(std::string text, int status = 200) {
  Response response;
  response.status = status;
  response.body = std::move(text);
  return response;
}

class TestExchange final : public Exchange {
 public:
  TestExchange(TestHandler& handler, RequestHead head)
      : handler_(handler), head_(std::move(head)), path_(head_.path()) {
    ++handler_.exchanges;
  }
  ~TestExchange() override { --handler_.exchanges; }

  std::optional<Response> Begin() override {
    ++handler_.begun;
    if (path_ == "/refuse") return Text("no", 403);
    if (path_ == "/throw") throw std::runtime_error("broken");
    if (path_ == "/gate") handler_.AwaitOpen();
    return std::nullopt;
  }

  std::optional<Response> Write(std::span<const std::byte> piece) override {
    if (path_ == "/mid") return Text("enough", 400);
    if (handler_.slow) handler_.AwaitOpen();
    ++pieces_;
    bytes_ += piece.size();
    handler_.written += piece.size();
    for (const std::byte value : piece) {
      hash_ = hash_ * 31 + std::to_integer<std::uint32_t>(value);
    }
    if (path_ == "/echo") {
      body_.append(reinterpret_cast<const char*>(piece.data()), piece.size());
    }
    return std::nullopt;
  }

  Response Finish() override {
    if (path_ == "/echo") return Text(std::move(body_));
    if (path_ == "/count") {
      return Text(std::to_string(bytes_) + " bytes, " + std::to_string(hash_));
    }
    if (path_ == "/big") return Text(std::string(handler_.big, 'b'));
    if (path_ == "/empty") return Text("", 204);
    if (path_.starts_with("/file")) return File();
    if (path_ == "/split") {
      Response response = Text("");
      response.headers = {{"X-Key", "a\r\nSet-Cookie: b"}};
      return response;
    }
    if (head_.method == "HEAD") {
      Response response;
      response.head_length = 12345;
      return response;
    }
    return Text(head_.method + " " + head_.target);
  }

 private:
  Response File() const {
    Response response;
    FileBody body{.file = *platform::OpenForReading(handler_.file)};
    body.byte_count = *platform::FileBytes(body.file);
    if (path_ == "/file/half") {
      body.offset = body.byte_count / 2;
      body.byte_count -= body.offset;
    }
    response.body = std::move(body);
    return response;
  }

  TestHandler& handler_;
  const RequestHead head_;
  const std::string path_;
  std::string body_;
  std::uint64_t bytes_ = 0;
  std::uint32_t hash_ = 0;
  int pieces_ = 0;
};

}  // namespace

RawClient::RawClient(int port, int receive_buffer_bytes)
    : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  if (receive_buffer_bytes > 0) {
    setsockopt(number(), SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes,
               sizeof(receive_buffer_bytes));
  }
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  connected_ = connect(number(), reinterpret_cast<const sockaddr*>(&address),
                       sizeof(address)) == 0;
  const timeval time = {.tv_sec = kPatience.count(), .tv_usec = 0};
  setsockopt(number(), SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(time));
}

bool RawClient::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count =
        send(number(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

std::optional<RawResponse> RawClient::Call(std::string_view method,
                                           std::string_view path,
                                           std::string_view body,
                                           std::string_view more_headers) {
  std::string request(method);
  request.append(" ").append(path).append(" HTTP/1.1\r\nHost: cloud\r\n");
  request.append(more_headers);
  if (!body.empty()) {
    request.append("Content-Length: ").append(std::to_string(body.size()));
    request.append("\r\n");
  }
  Send(request.append("\r\n").append(body));
  return Read(method != "HEAD");
}

bool RawClient::ReadMore() {
  std::array<char, 65536> bytes = {};
  const ssize_t count = recv(number(), bytes.data(), bytes.size(), 0);
  if (count <= 0) return false;
  input_.append(bytes.data(), static_cast<std::size_t>(count));
  return true;
}

std::optional<RawResponse> RawClient::Read(bool has_body) {
  std::size_t end = 0;
  while ((end = input_.find("\r\n\r\n")) == std::string::npos) {
    if (!ReadMore()) return std::nullopt;
  }
  RawResponse response = ParseResponseHead(input_.substr(0, end));
  input_.erase(0, end + 4);
  const std::string& length = response.headers["content-length"];
  const std::size_t bytes =
      has_body ? std::strtoull(length.c_str(), nullptr, 10) : 0;
  while (input_.size() < bytes) {
    if (!ReadMore()) return std::nullopt;
  }
  response.body = input_.substr(0, bytes);
  input_.erase(0, bytes);
  return response;
}

std::string RawClient::ReadToEnd() {
  while (ReadMore()) {
  }
  return std::exchange(input_, {});
}

std::unique_ptr<Exchange> TestHandler::NewExchange(RequestHead head) {
  return std::make_unique<TestExchange>(*this, std::move(head));
}

void TestHandler::Open() {
  const std::lock_guard lock(mutex_);
  open_ = true;
  changed_.notify_all();
}

void TestHandler::AwaitOpen() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return open_; });
}

std::string TestHandler::WriteFile(std::size_t bytes) {
  std::string content(bytes, '\0');
  std::uint32_t state = 1;
  for (char& c : content) {
    state = state * 1664525 + 1013904223;
    c = static_cast<char>(state >> 24);
  }
  file = folder_.Join("file");
  EXPECT_TRUE(platform::WriteTextFile(file, content));
  return content;
}

TestCloudServer::TestCloudServer(
    const std::function<void(ServerOptions&)>& change)
    : log({.level = telemetry::LogLevel::kError, .version = "test"}) {
  ServerOptions options;
  options.address = "127.0.0.1:0";
  options.event_thread_count = 2;
  options.worker_thread_count = 4;
  change(options);
  auto created = Server::Create(options, handler, log, metrics);
  EXPECT_TRUE(created) << created.error().message();
  server = *std::move(created);
}

TestCloudServer::~TestCloudServer() { handler.Open(); }

std::string TestCloudServer::Exchange(std::string_view bytes) const {
  RawClient client = Connect();
  client.Send(bytes);
  return client.ReadToEnd();
}

double TestCloudServer::Metric(const std::string& name) const {
  const std::string text = "\n" + metrics.RenderPrometheus();
  const std::size_t at = text.find("\n" + name + " ");
  if (at == std::string::npos) return -1;
  return std::strtod(text.c_str() + at + name.size() + 2, nullptr);
}

bool Await(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

}  // namespace skerry::cloud
