#include "skerry/cloud/server/session.h"

#include <sys/socket.h>

#include <algorithm>
#include <exception>
#include <span>
#include <utility>

#include "skerry/cloud/server/response_head.h"

namespace skerry::cloud {
namespace {

using Status = IoResult::Status;

/// A TLS record fits, so that none stays in pieces.
constexpr std::size_t kHeadReadBytes = std::size_t{32} << 10;

}  // namespace

bool SessionHost::MayComplain() {
  const std::int64_t now = std::chrono::steady_clock::now().time_since_epoch() /
                           std::chrono::seconds(1);
  return complained.exchange(now) != now;
}

Session::Session(SessionHost& host, EventLoop& loop,
                 std::unique_ptr<Transport> transport, std::string peer)
    : host_(host),
      loop_(loop),
      transport_(std::move(transport)),
      peer_(std::move(peer)),
      timer_(loop.context()) {
  host_.traffic.CountConnection(1);
}

Session::~Session() {
  SetBuffered(0);
  if (state_ != State::kClosed) host_.traffic.CountConnection(-1);
}

void Session::Start() {
  if (!transport_->tls()) {
    AwaitRequest();
    return;
  }
  ExpireIn(host_.options.header_timeout);
  Handshake();
}

void Session::Handshake() {
  const IoResult result = transport_->Handshake();
  if (result.status == Status::kDone) {
    AwaitRequest();
  } else {
    Wait(result, &Session::Handshake);
  }
}

void Session::AwaitRequest() {
  state_ = State::kIdle;
  parser_.reset();
  if (!input_.empty()) {
    const std::string bytes = std::exchange(input_, {});
    ParseHead(bytes);
    return;
  }
  // An idle connection holds no memory but this object's.
  input_ = {};
  filling_ = {};
  ExpireIn(host_.options.idle_timeout);
  if (transport_->HasPending()) {
    ReadHead();
  } else {
    Wait({Status::kWantRead, 0}, &Session::ReadHead);
  }
}

void Session::ReadHead() {
  const std::span<char> scratch = loop_.scratch().first(kHeadReadBytes);
  const IoResult result = transport_->Read(scratch);
  if (result.status != Status::kDone) {
    Wait(result, &Session::ReadHead);
    return;
  }
  host_.traffic.CountReceived(result.bytes);
  ParseHead({scratch.data(), result.bytes});
}

void Session::ParseHead(std::string_view bytes) {
  if (!input_.empty()) {
    input_.append(bytes);
    bytes = input_;
  }
  if (!parser_) {
    parser_.emplace(
        ParserLimits{.header_bytes_max = host_.options.header_bytes_max,
                     .header_count_max = host_.options.header_count_max});
    begun_ = Clock::now();
    method_.clear();
    path_.clear();
    keep_alive_ = false;
  }
  const auto used = parser_->ReadHead(bytes);
  if (!used) {
    Reject(used.error().status, used.error().message);
    return;
  }
  if (*used > 0) {
    BeginRequest(bytes.substr(*used));
    return;
  }
  if (input_.empty()) input_ = bytes;
  if (state_ == State::kIdle) {
    state_ = State::kHead;
    ExpireIn(host_.options.header_timeout);  // for all of it
  }
  Wait({Status::kWantRead, 0}, &Session::ReadHead);
}

/// `rest`: what came after the head.
void Session::BeginRequest(std::string_view rest) {
  state_ = State::kHandling;
  keep_alive_ = parser_->keep_alive();
  http10_ = parser_->http10();
  continue_ = parser_->expects_continue() && rest.empty();
  RequestHead head = parser_->TakeHead();
  method_ = head.method;
  if (host_.log.Logs(telemetry::LogLevel::kDebug)) path_ = head.path();
  head.peer = peer_;
  head.tls = transport_->tls();
  turn_ = {};
  turn_.head = std::move(head);
  filling_.clear();
  const std::string bytes(rest);  // which may be a part of what is cleared
  input_.clear();
  if (!TakeBody(bytes)) return;
  const bool done = parser_->done();
  PassOn();
  if (done || continue_) {
    ExpireNever();
  } else {
    ExpireIn(host_.options.stall_timeout);
    ReadBody();
  }
}

/// Puts the content of `bytes` with what the handler gets next; false if they
/// are malformed.
bool Session::TakeBody(std::string_view bytes) {
  const bool joined = !input_.empty();
  if (joined) {
    input_.append(bytes);
    bytes = input_;
  }
  const auto used = parser_->ReadBody(bytes, filling_);
  if (!used) {
    Reject(used.error().status, used.error().message);
    return false;
  }
  if (joined) {
    input_.erase(0, *used);
  } else {
    input_ = bytes.substr(*used);
  }
  SetBuffered(filling_.size() + with_worker_bytes_);
  return true;
}

/// How much more of the body may be read now.
std::size_t Session::room() const {
  std::size_t limit = kPieceBytesMax;
  if (host_.buffered_bytes > kBufferedBytesMax) {
    limit = with_worker_ ? 0 : kSmallPieceBytesMax;
  }
  return limit - std::min(limit, filling_.size());
}

void Session::ReadBody() {
  reading_ = false;
  while (state_ == State::kHandling && !parser_->done()) {
    const std::span<char> scratch = loop_.scratch().first(room());
    if (scratch.empty()) {
      ExpireNever();  // the handler's turn
      return;
    }
    const IoResult result = transport_->Read(scratch);
    if (result.status != Status::kDone) {
      reading_ = true;
      if (deadline_ == Clock::time_point::max()) {
        ExpireIn(host_.options.stall_timeout);
      }
      Wait(result, &Session::ReadBody);
      return;
    }
    host_.traffic.CountReceived(result.bytes);
    Progress(result.bytes);
    if (!TakeBody({scratch.data(), result.bytes})) return;
    if (!with_worker_) PassOn();
  }
  if (state_ == State::kHandling) ExpireNever();
}

/// Gives the handler what there is.
void Session::PassOn() {
  if (!turn_.head && filling_.empty() && !parser_->done()) return;
  turn_.piece = std::exchange(filling_, {});
  turn_.finish = parser_->done();
  with_worker_ = true;
  with_worker_bytes_ = turn_.piece.size();
  host_.workers.Push(
      [self = shared_from_this(), turn = std::move(turn_)]() mutable {
        self->RunTurn(turn);
        EventLoop& loop = self->loop_;
        loop.Post([self = std::move(self), turn = std::move(turn)]() mutable {
          self->OnTurnDone(std::move(turn));
        });
      });
}

/// On a worker's thread: touches nothing but the turn.
void Session::RunTurn(Turn& turn) const {
  try {
    if (turn.head) {
      turn.exchange = host_.handler.NewExchange(*std::move(turn.head));
      turn.head.reset();
      turn.response = turn.exchange->Begin();
    }
    if (!turn.response && !turn.piece.empty()) {
      turn.response =
          turn.exchange->Write(std::as_bytes(std::span(turn.piece)));
    }
    if (!turn.response && turn.finish) {
      turn.response = turn.exchange->Finish();
    }
  } catch (const std::exception& fault) {
    host_.log.Error("request_failed", {{"reason", fault.what()}});
    turn.response = PlainResponse(500, "internal error");
  }
  if (turn.response) turn.exchange.reset();
}

void Session::OnTurnDone(Turn turn) {
  with_worker_ = false;
  with_worker_bytes_ = 0;
  if (state_ != State::kHandling) {  // answered or closed meanwhile
    DropExchange(std::move(turn.exchange));
    return;
  }
  if (turn.response) {
    Answer(*std::move(turn.response));
    return;
  }
  turn_ = std::move(turn);
  turn_.head.reset();
  if (filling_.empty() && !parser_->done()) {
    filling_ = std::move(turn_.piece);  // its memory
    filling_.clear();
  }
  turn_.piece = {};
  SetBuffered(filling_.size());
  if (continue_) {
    SendContinue();
    return;
  }
  PassOn();
  if (!parser_->done() && !reading_) ReadBody();
}

/// What a handler has open may take time to close.
void Session::DropExchange(std::unique_ptr<Exchange> exchange) {
  if (exchange == nullptr) return;
  host_.workers.Push(
      [exchange = std::move(exchange)]() mutable { exchange.reset(); });
}

}  // namespace skerry::cloud
