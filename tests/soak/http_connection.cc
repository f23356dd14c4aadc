#include "http_connection.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstring>

namespace skerry::soak {
namespace {

constexpr timeval kTimeout = {.tv_sec = 60, .tv_usec = 0};

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) {
    return static_cast<char>(std::tolower(c));
  });
  return lower;
}

template <class Number>
std::optional<Number> ParseNumber(std::string_view text) {
  Number number{};
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end == text.data()) return std::nullopt;
  return number;
}

}  // namespace

std::string HttpAnswer::Header(std::string_view name) const {
  const std::string lower = Lower(head);
  const std::size_t start = lower.find("\r\n" + std::string(name) + ":");
  if (start == std::string::npos) return "";
  std::size_t first = start + 2 + name.size() + 1;
  while (first < head.size() && head[first] == ' ') ++first;
  return head.substr(first, head.find("\r\n", first) - first);
}

bool HttpConnection::Connect() {
  buffer_.clear();
  file_ = platform::FileDescriptor(
      ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (!file_.open() || socket_.size() >= sizeof address.sun_path) return false;
  std::memcpy(address.sun_path, socket_.data(), socket_.size());
  const int file = file_.number();
  setsockopt(file, SOL_SOCKET, SO_RCVTIMEO, &kTimeout, sizeof kTimeout);
  setsockopt(file, SOL_SOCKET, SO_SNDTIMEO, &kTimeout, sizeof kTimeout);
  return connect(file, reinterpret_cast<const sockaddr*>(&address),
                 sizeof address) == 0;
}

bool HttpConnection::Send(std::string_view bytes) {
  if (!file_.open() && !Connect()) {
    Close();
    return false;
  }
  while (!bytes.empty()) {
    const ssize_t sent =
        send(file_.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool HttpConnection::ReadMore() {
  std::array<char, 16384> piece;
  const ssize_t received = recv(file_.number(), piece.data(), piece.size(), 0);
  if (received <= 0) return false;
  buffer_.append(piece.data(), static_cast<std::size_t>(received));
  return true;
}

std::optional<HttpAnswer> HttpConnection::Receive() {
  HttpAnswer answer;
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!ReadMore()) return std::nullopt;
  }
  answer.head = buffer_.substr(0, end + 4);
  buffer_.erase(0, end + 4);
  if (!answer.head.starts_with("HTTP/1.")) return std::nullopt;
  answer.status =
      ParseNumber<int>(std::string_view(answer.head).substr(9)).value_or(0);
  const auto size =
      ParseNumber<std::size_t>(answer.Header("content-length")).value_or(0);
  while (buffer_.size() < size) {
    if (!ReadMore()) return std::nullopt;
  }
  answer.body = buffer_.substr(0, size);
  buffer_.erase(0, size);
  if (Lower(answer.Header("connection")) == "close") Close();
  return answer;
}

std::string HttpConnection::Post(std::string_view path, std::string_view body,
                                 std::string_view type,
                                 std::string_view headers) {
  std::string request = "POST ";
  request.append(path)
      .append(" HTTP/1.1\r\nHost: agent\r\nContent-Type: ")
      .append(type)
      .append("\r\nContent-Length: ")
      .append(std::to_string(body.size()))
      .append("\r\n")
      .append(headers)
      .append("\r\n")
      .append(body);
  return request;
}

}  // namespace skerry::soak
