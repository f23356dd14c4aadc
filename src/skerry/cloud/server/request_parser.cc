#include "skerry/cloud/server/request_parser.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <utility>

namespace skerry::cloud {
namespace {

namespace http = boost::beast::http;
using boost::beast::iequals;
using boost::beast::string_view;
using boost::system::error_code;

std::string Lower(string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  });
  return lower;
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

ParseFault Bad(std::string message) { return {400, std::move(message)}; }

/// What Beast lets pass and we do not: lines that end in other ways, or go on
/// in the next one.
std::optional<ParseFault> CheckLines(std::string_view head,
                                     const ParserLimits& limits) {
  if (head.find('\n') > kRequestLineBytesMax) {
    return ParseFault{414, "the request's first line has more than " +
                               std::to_string(kRequestLineBytesMax) + " bytes"};
  }
  std::size_t line_count = 0;
  for (std::size_t i = 0; i < head.size(); ++i) {
    const char c = head[i];
    if (c == '\r' && (i + 1 == head.size() || head[i + 1] != '\n')) {
      return Bad("a line of the header holds a CR that does not end it");
    }
    if (c != '\n') continue;
    if (i == 0 || head[i - 1] != '\r') {
      return Bad("a line of the header does not end in CR LF");
    }
    ++line_count;
    if (i + 1 < head.size() && (head[i + 1] == ' ' || head[i + 1] == '\t')) {
      return Bad("a line of the header is folded");
    }
  }
  // Less the first line and the empty one.
  if (line_count > limits.header_count_max + 2) {
    return ParseFault{431, "the request has more than " +
                               std::to_string(limits.header_count_max) +
                               " headers"};
  }
  return std::nullopt;
}

}  // namespace

/// What Beast calls back.
class RequestParser::Reader final : public http::basic_parser<true> {
 public:
  std::optional<ParseFault> CheckHead();

  RequestHead head;
  std::string* content = nullptr;
  bool expects_continue = false;
  bool http10 = false;

 private:
  void on_request_impl(http::verb, string_view method, string_view target,
                       int version, error_code&) override {
    http10 = version < 11;
    head.method = std::string(method);
    head.target = std::string(target);
  }
  void on_response_impl(int, string_view, int, error_code&) override {}
  void on_field_impl(http::field field, string_view name, string_view value,
                     error_code& error) override;
  void on_header_impl(error_code&) override { in_head_ = false; }
  void on_body_init_impl(const boost::optional<std::uint64_t>&,
                         error_code&) override {}
  std::size_t on_body_impl(string_view body, error_code&) override {
    content->append(body.data(), body.size());
    return body.size();
  }
  void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, string_view body,
                                 error_code&) override {
    content->append(body.data(), body.size());
    return body.size();
  }
  void on_finish_impl(error_code&) override {}

  bool in_head_ = true;
  std::size_t length_count_ = 0;
  std::size_t coding_count_ = 0;
  std::size_t host_count_ = 0;
  bool coding_known_ = true;
  bool expectation_known_ = true;
};

void RequestParser::Reader::on_field_impl(http::field field, string_view name,
                                          string_view value,
                                          error_code& /*error*/) {
  if (!in_head_) return;  // a trailer, which has no meaning here
  switch (field) {
    case http::field::content_length:
      // A list ("5, 5") counts as several.
      length_count_ += std::ranges::all_of(value, IsDigit) ? 1 : 2;
      break;
    case http::field::transfer_encoding:
      ++coding_count_;
      coding_known_ = coding_known_ && iequals(value, "chunked");
      break;
    case http::field::host:
      ++host_count_;
      break;
    case http::field::expect:
      expects_continue = iequals(value, "100-continue");
      expectation_known_ = expectation_known_ && expects_continue;
      break;
    default:
      break;
  }
  head.headers.emplace_back(Lower(name), std::string(value));
}

/// What is wrong with a head that is well formed.
std::optional<ParseFault> RequestParser::Reader::CheckHead() {
  if (length_count_ > 1) return Bad("Content-Length is there twice");
  if (length_count_ > 0 && coding_count_ > 0) {
    return Bad("there are Content-Length and Transfer-Encoding");
  }
  if (coding_count_ > 1) return Bad("Transfer-Encoding is there twice");
  if (coding_count_ > 0 && http10) return Bad("HTTP/1.0 is not chunked");
  if (!coding_known_ || (coding_count_ > 0 && !chunked())) {
    return ParseFault{501, "no Transfer-Encoding but chunked is known"};
  }
  if (host_count_ > 1 || (host_count_ == 0 && !http10)) {
    return Bad("there must be one Host");
  }
  if (!expectation_known_) {
    return ParseFault{417, "only 100-continue can be expected"};
  }
  if (!head.target.starts_with('/') && head.target != "*") {
    return Bad("the request's target must begin with '/'");
  }
  return std::nullopt;
}

RequestParser::RequestParser(const ParserLimits& limits)
    : limits_(limits), reader_(std::make_unique<Reader>()) {
  reader_->header_limit(static_cast<std::uint32_t>(limits.header_bytes_max));
  reader_->body_limit(boost::none);
}

RequestParser::~RequestParser() = default;

std::expected<std::size_t, ParseFault> RequestParser::ReadHead(
    std::string_view input) {
  static constexpr std::string_view kEnd = "\r\n\r\n";
  // Some clients end a body with an empty line that it does not have.
  const std::size_t start = input.starts_with("\r\n") ? 2 : 0;
  const std::size_t end = input.find(
      kEnd, std::max(start, searched_ - std::min(searched_, kEnd.size())));
  const bool whole = end != std::string_view::npos;
  const std::size_t bytes = whole ? end + kEnd.size() : input.size();
  if (bytes > limits_.header_bytes_max) {
    return std::unexpected(ParseFault{
        431, "the request's header has more than " +
                 std::to_string(limits_.header_bytes_max) + " bytes"});
  }
  const std::string_view head = input.substr(0, bytes).substr(start);
  if (!whole) {
    searched_ = input.size();
    // Its end may never come in the form that is waited for.
    if (head.find("\n\n") != std::string_view::npos ||
        (input.size() > kRequestLineBytesMax &&
         head.find('\n') == std::string_view::npos)) {
      if (auto fault = CheckLines(head, limits_)) {
        return std::unexpected(*std::move(fault));
      }
    }
    return 0;
  }
  if (auto fault = CheckLines(head, limits_)) {
    return std::unexpected(*std::move(fault));
  }
  error_code error;
  reader_->put(boost::asio::buffer(head.data(), head.size()), error);
  if (error || !reader_->is_header_done()) {
    return std::unexpected(
        error == http::error::bad_version
            ? ParseFault{505, "only HTTP/1.1 and 1.0 are spoken here"}
            : Bad("this is no HTTP request: " + error.message()));
  }
  if (auto fault = reader_->CheckHead()) {
    return std::unexpected(*std::move(fault));
  }
  reader_->eager(true);
  return bytes;
}

RequestHead RequestParser::TakeHead() {
  RequestHead head = std::move(reader_->head);
  if (!reader_->chunked()) {
    head.content_length = reader_->content_length().value_or(0);
  }
  return head;
}

bool RequestParser::keep_alive() const { return reader_->keep_alive(); }

bool RequestParser::http10() const { return reader_->http10; }

bool RequestParser::expects_continue() const {
  return reader_->expects_continue && !http10() && !done();
}

bool RequestParser::done() const { return reader_->is_done(); }

std::optional<std::uint64_t> RequestParser::body_bytes_left() const {
  if (done()) return 0;
  const auto left = reader_->content_length_remaining();
  if (!left) return std::nullopt;
  return *left;
}

std::expected<std::size_t, ParseFault> RequestParser::ReadBody(
    std::string_view input, std::string& content) {
  if (input.empty() || done()) return 0;
  reader_->content = &content;
  error_code error;
  const std::size_t used =
      reader_->put(boost::asio::buffer(input.data(), input.size()), error);
  if (error && error != http::error::need_more) {
    return std::unexpected(Bad("the body is malformed: " + error.message()));
  }
  const std::string_view left = input.substr(used);
  const std::size_t end = left.find('\n');
  if (!done() && end != std::string_view::npos &&
      (end == 0 || left[end - 1] != '\r')) {
    return std::unexpected(
        Bad("a line of the chunked body does not end in CR LF"));
  }
  if (!done() && left.size() > limits_.header_bytes_max) {
    return std::unexpected(Bad("a line of the chunked body has more than " +
                               std::to_string(limits_.header_bytes_max) +
                               " bytes"));
  }
  return used;
}

}  // namespace skerry::cloud
