#include "skerry/agent/rest/session.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/verb.hpp>
#include <utility>

namespace skerry::agent {
namespace {

namespace http = boost::beast::http;
using boost::system::error_code;

constexpr std::size_t kReadBytes = 8192;

HttpMethod MethodOf(http::verb verb) {
  switch (verb) {
    case http::verb::get:
      return HttpMethod::kGet;
    case http::verb::head:
      return HttpMethod::kHead;
    case http::verb::post:
      return HttpMethod::kPost;
    default:
      return HttpMethod::kOther;
  }
}

std::string Lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  });
  return text;
}

}  // namespace

void SessionHost::CountAnswer(int status) {
  auto& counter = answers[status];
  if (counter == nullptr) {
    counter = metrics.AddCounter("skerry_http_requests_total",
                                 "HTTP requests that were answered.",
                                 {{"code", std::to_string(status)}});
  }
  counter->Add();
}

Session::Session(SessionHost& host, std::unique_ptr<Transport> transport,
                 Peer peer, bool refused, Closed closed)
    : host_(host),
      transport_(std::move(transport)),
      peer_(peer),
      refused_(refused),
      closed_(std::move(closed)),
      timer_(host.loop) {}

void Session::Start() {
  ExpireIn(host_.header_timeout);
  transport_->Handshake(
      [self = shared_from_this()](bool ok, std::size_t /*bytes*/) {
        if (ok && self->state_ == State::kHandshake) {
          self->AwaitRequest();
        } else {
          self->Close();
        }
      });
}

void Session::AwaitRequest() {
  ++number_;
  parser_.emplace();
  parser_->header_limit(kHeaderBytesMax);
  parser_->body_limit(host_.body_bytes_max);
  request_.reset();
  body_bytes_ = 0;
  linger_ = false;
  const bool first = state_ == State::kHandshake;
  state_ = State::kIdle;
  if (!input_.empty()) {
    Parse();
    return;
  }
  if (!first) {
    ExpireIn(host_.idle_timeout);
  }
  Read();
}

void Session::Read() {
  const std::size_t have = input_.size();
  input_.resize(have + kReadBytes);
  transport_->ReadSome(
      std::span(input_).subspan(have),
      [self = shared_from_this(), have](bool ok, std::size_t bytes) {
        self->input_.resize(have + (ok ? bytes : 0));
        self->OnRead(ok);
      });
}

void Session::OnRead(bool ok) {
  if (state_ != State::kIdle && state_ != State::kHeader &&
      state_ != State::kChunks) {
    return;  // answered or closed meanwhile
  }
  if (!ok) {
    Close();
    return;
  }
  Parse();
}

void Session::Parse() {
  if (state_ == State::kChunks) {
    ParseChunks();
  } else {
    ParseHeader();
  }
}

/// Gives the parser what there is; false with an error other than that more
/// is needed.
bool Session::PutIntoParser(error_code& error) {
  std::size_t used = 0;
  while (used < input_.size() && !parser_->is_done()) {
    const std::size_t taken = parser_->put(
        boost::asio::buffer(input_.data() + used, input_.size() - used), error);
    used += taken;
    if (error || taken == 0 ||
        (parser_->is_header_done() && !parser_->eager())) {
      break;
    }
  }
  input_.erase(0, used);
  if (error == http::error::need_more) {
    error = {};
    if (input_.size() > kHeaderBytesMax) {
      error = http::error::header_limit;
    }
  }
  return !error;
}

void Session::ParseHeader() {
  error_code error;
  if (!PutIntoParser(error)) {
    OnParseError(error);
    return;
  }
  if (parser_->is_header_done()) {
    BeginBody();
    return;
  }
  if (state_ == State::kIdle) {
    state_ = State::kHeader;
    ExpireIn(host_.header_timeout);  // for all of it, however it trickles
  }
  Read();
}

void Session::BeginBody() {
  FillRequest();
  if (refused_) {
    Reject(403, "this process may not use the agent");
    return;
  }
  const auto length = parser_->content_length();
  const bool chunked = parser_->chunked();
  const std::size_t claim = chunked
                                ? host_.body_bytes_max
                                : static_cast<std::size_t>(length.value_or(0));
  if (claim > kFreeBodyBytes) {
    if (!host_.budget->Take(claim)) {
      Reject(503, "too many large requests at once");
      return;
    }
    request_->claim = BodyClaim(host_.budget, claim);
  }
  state_ = chunked ? State::kChunks : State::kBody;
  const auto expect = parser_->get()[http::field::expect];
  if (!expect.empty() && (chunked || length.value_or(0) > input_.size())) {
    if (!boost::beast::iequals(expect, "100-continue")) {
      Reject(417, "only 100-continue can be expected");
      return;
    }
    SendContinue();
    return;
  }
  if (chunked) {
    parser_->eager(true);
    ExpireIn(host_.idle_timeout);
    ParseChunks();
    return;
  }
  body_bytes_ = std::min(claim, input_.size());
  // Not filled with zeros first. The count that GCC 12's library hands to the
  // function may be the capacity.
  request_->body.resize_and_overwrite(
      claim, [this, claim](char* out, std::size_t /*capacity*/) {
        std::copy_n(input_.data(), body_bytes_, out);
        return claim;
      });
  input_.erase(0, body_bytes_);
  ReadBody();
}

void Session::SendContinue() {
  static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  ExpireIn(host_.idle_timeout);
  transport_->Write({kContinue},
                    [self = shared_from_this()](bool ok, std::size_t /*n*/) {
                      if (self->state_ == State::kClosed) {
                        return;
                      }
                      if (!ok) {
                        self->Close();
                        return;
                      }
                      self->parser_->get().erase(http::field::expect);
                      self->BeginBody();
                    });
}

void Session::ReadBody() {
  std::string& body = request_->body;
  if (body_bytes_ == body.size()) {
    Dispatch();
    return;
  }
  if (body_bytes_ < kReadBytes) {
    ExpireIn(host_.idle_timeout);  // for all of it
  }
  transport_->ReadSome(std::span(body).subspan(body_bytes_),
                       [self = shared_from_this()](bool ok, std::size_t bytes) {
                         self->OnBody(ok, bytes);
                       });
}

void Session::OnBody(bool ok, std::size_t bytes) {
  if (state_ != State::kBody) {
    return;  // answered or closed meanwhile
  }
  if (!ok) {
    Close();
    return;
  }
  body_bytes_ += bytes;
  ReadBody();
}

void Session::ParseChunks() {
  error_code error;
  if (!PutIntoParser(error)) {
    OnParseError(error);
    return;
  }
  if (!parser_->is_done()) {
    Read();
    return;
  }
  request_->body = std::move(parser_->get().body());
  Dispatch();
}

void Session::OnParseError(error_code error) {
  if (request_ == nullptr) {
    request_ = std::make_shared<HttpRequest>();
  }
  if (error == http::error::header_limit) {
    Reject(431, "the request's header exceeds the limit of " +
                    std::to_string(kHeaderBytesMax) + " bytes");
  } else if (error == http::error::body_limit) {
    Reject(413, "the request's body exceeds the limit of " +
                    std::to_string(host_.body_bytes_max) + " bytes");
  } else {
    Reject(400, "this is no HTTP request: " + error.message());
  }
}

void Session::FillRequest() {
  const auto& message = parser_->get();
  const auto target = message.target();
  keep_alive_ = message.keep_alive() && !host_.draining;
  old_client_ = message.version() < 11;
  request_ = std::make_shared<HttpRequest>();
  request_->method = MethodOf(message.method());
  request_->path = std::string(target.substr(0, target.find('?')));
  request_->peer = peer_;
  request_->received = Clock::now();
  request_->content_encoding =
      Lower(std::string(message[http::field::content_encoding]));
  if (request_->content_encoding == "identity") {
    request_->content_encoding.clear();
  }
  request_->unit = std::string(message[kUnitHeader]);
  request_->traceparent = std::string(message["traceparent"]);
  if (const auto found = message.find("Inference-Header-Content-Length");
      found != message.end()) {
    request_->json_length = std::string(found->value());
  }
}

}  // namespace skerry::agent
