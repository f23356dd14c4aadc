#include "skerry/cloud/server/response_head.h"

#include <algorithm>
#include <array>
#include <boost/beast/http/status.hpp>
#include <cstdio>
#include <ctime>

namespace skerry::cloud {
namespace {

void AddHeader(std::string& out, std::string_view name,
               std::string_view value) {
  const auto ends_line = [](char c) {
    return c == '\r' || c == '\n' || c == '\0';
  };
  const std::size_t start = out.size();
  out.append(name).append(": ").append(value);
  std::replace_if(out.begin() + static_cast<std::ptrdiff_t>(start), out.end(),
                  ends_line, ' ');
  out.append("\r\n");
}

}  // namespace

std::uint64_t BodyBytes(const Response& response) {
  if (const auto* text = std::get_if<std::string>(&response.body)) {
    return text->size();
  }
  return std::get<FileBody>(response.body).byte_count;
}

bool MayHaveBody(int status) {
  return status >= 200 && status != 204 && status != 304;
}

std::string PrintResponseHead(const Response& response,
                              const HeadOptions& options) {
  const auto status =
      boost::beast::http::int_to_status(static_cast<unsigned>(response.status));
  const auto reason = boost::beast::http::obsolete_reason(status);
  std::string out = "HTTP/1.1 " + std::to_string(response.status) + " ";
  out.append(reason.data(), reason.size()).append("\r\n");
  for (const auto& [name, value] : response.headers) {
    AddHeader(out, name, value);
  }
  if (MayHaveBody(response.status)) {
    const std::uint64_t bytes = options.head_request && response.head_length
                                    ? *response.head_length
                                    : BodyBytes(response);
    out.append("Content-Length: ").append(std::to_string(bytes));
    out.append("\r\n");
  }
  out.append("Date: ").append(options.date).append("\r\nServer: skerry\r\n");
  if (!options.keep_alive) {
    out.append("Connection: close\r\n");
  } else if (options.http10) {
    out.append("Connection: keep-alive\r\n");
  }
  return out.append("\r\n");
}

std::string HttpDate(std::int64_t seconds) {
  static constexpr std::array<const char*, 7> kDays = {
      "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array<const char*, 12> kMonths = {
      "Jan", "Feb", "Mar", "Apr", "May", "Jun",
      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t time = seconds;
  std::tm parts = {};
  gmtime_r(&time, &parts);
  std::array<char, 64> text = {};
  std::snprintf(text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                kDays[static_cast<std::size_t>(parts.tm_wday)], parts.tm_mday,
                kMonths[static_cast<std::size_t>(parts.tm_mon)],
                parts.tm_year + 1900, parts.tm_hour, parts.tm_min,
                parts.tm_sec);
  return text.data();
}

Response PlainResponse(int status, std::string_view message) {
  return {.status = status,
          .headers = {{"Content-Type", "text/plain; charset=utf-8"}},
          .body = std::string(message) + "\n",
          .head_length = std::nullopt};
}

}  // namespace skerry::cloud
