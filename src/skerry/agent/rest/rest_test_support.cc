#include "skerry/agent/rest/rest_test_support.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <cstring>
#include <thread>

namespace skerry::agent {
namespace {

constexpr std::chrono::seconds kPatience{30};

/// No test waits for ever.
void SetPatience(int socket) {
  const timeval time = {.tv_sec = kPatience.count(), .tv_usec = 0};
  setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(time));
}

RawResponse ParseHead(const std::string& head) {
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

}  // namespace

RawClient::RawClient(const std::string& path)
    : socket_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  connected_ =
      connect(socket_.number(), reinterpret_cast<const sockaddr*>(&address),
              sizeof(address)) == 0;
  SetPatience(socket_.number());
}

RawClient::RawClient(int port)
    : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  connected_ =
      connect(socket_.number(), reinterpret_cast<const sockaddr*>(&address),
              sizeof(address)) == 0;
  SetPatience(socket_.number());
}

bool RawClient::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count =
        send(socket_.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) {
      return false;
    }
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

std::optional<RawResponse> RawClient::Call(
    std::string_view method, std::string_view path, std::string_view body,
    const std::vector<std::pair<std::string, std::string>>& headers) {
  std::string request(method);
  request.append(" ").append(path).append(" HTTP/1.1\r\nHost: agent\r\n");
  for (const auto& [name, value] : headers) {
    request.append(name).append(": ").append(value).append("\r\n");
  }
  request.append("Content-Length: ").append(std::to_string(body.size()));
  request.append("\r\n\r\n").append(body);
  Send(request);
  return Read(method != "HEAD");
}

bool RawClient::ReadMore() {
  std::array<char, 65536> bytes = {};
  const ssize_t count = recv(socket_.number(), bytes.data(), bytes.size(), 0);
  if (count <= 0) {
    return false;
  }
  input_.append(bytes.data(), static_cast<std::size_t>(count));
  return true;
}

std::optional<RawResponse> RawClient::Read(bool has_body) {
  std::size_t end = 0;
  while ((end = input_.find("\r\n\r\n")) == std::string::npos) {
    if (!ReadMore()) {
      return std::nullopt;
    }
  }
  RawResponse response = ParseHead(input_.substr(0, end));
  input_.erase(0, end + 4);
  const std::string& length = response.headers["content-length"];
  const std::size_t bytes =
      has_body ? std::strtoull(length.c_str(), nullptr, 10) : 0;
  while (input_.size() < bytes) {
    if (!ReadMore()) {
      return std::nullopt;
    }
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

void RawClient::EndOutput() { shutdown(socket_.number(), SHUT_WR); }

RestServer::RestServer(const std::function<void(HttpServer::Options&)>& change)
    : regions(SharedRegions::Create()),
      folder_(*platform::TempDirectory::Create("rest_test")),
      socket_path_(folder_.Join("agent.sock")) {
  auto made = Repository::Create(folder_.path(), *store.models);
  EXPECT_TRUE(made);
  repository = *std::move(made);
  HttpServer::Options options;
  options.socket_path = socket_path_;
  change(options);
  auto created = HttpServer::Create(
      options,
      Services{.models = *store.models,
               .repository = *repository,
               .regions = *regions,
               .capture = nullptr,
               .metrics = store.metrics,
               .log = store.log,
               .tracer = nullptr,
               .version = "0.1.0",
               .ready = ready},
      [this](platform::FileDescriptor connection, const Peer& peer) {
        const std::lock_guard lock(mutex);
        adopted.emplace_back(std::move(connection), peer);
      });
  EXPECT_TRUE(created) << created.error().message();
  server = *std::move(created);
}

Result<void> RestServer::Load(const std::string& alias,
                              const std::vector<std::byte>& model,
                              const ModelOptions& options) {
  const auto loaded =
      store.models->Load(alias, packages.Write(alias, model), options);
  if (!loaded) {
    return loaded.error();
  }
  return {};
}

bool Await(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) {
      return false;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

std::string ScaleJson(int rows) {
  std::string data;
  for (int i = 0; i < rows; ++i) {
    data.append(i > 0 ? ",1,2,3" : "1,2,3");
  }
  return R"({"inputs":[{"name":"x","datatype":"FP32","shape":[)" +
         std::to_string(rows) + R"(,3],"data":[)" + data + "]}]}";
}

}  // namespace skerry::agent
