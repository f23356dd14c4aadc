#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "skerry/cloud/server/response_head.h"
#include "skerry/cloud/server/session.h"

namespace skerry::cloud {
namespace {

using Status = IoResult::Status;
using boost::asio::socket_base;

constexpr std::chrono::milliseconds kLingerTime{5000};
/// Of a body that nobody wants: so much is read so that the client sees the
/// answer, and so much so that the connection stays.
constexpr std::size_t kLingerBytesMax = std::size_t{32} << 20;
constexpr std::size_t kDrainBytesMax = std::size_t{64} << 10;
/// Bodies that go out together with the head.
constexpr std::size_t kSmallBodyBytesMax = std::size_t{16} << 10;
/// What one connection writes before others have their turn.
constexpr std::size_t kTurnBytesMax = std::size_t{4} << 20;
/// What must arrive, or be taken, within a stall timeout, lest a client hold
/// a connection for ever with a byte now and then.
constexpr std::size_t kProgressBytesMin = 1024;

}  // namespace

void Session::EndIfIdle() {
  char byte = 0;
  const bool idle =
      state_ == State::kIdle &&
      // A request that is already in the system's buffers is still answered.
      recv(transport_->number(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) <= 0;
  if (idle || state_ == State::kHandshake || state_ == State::kLingering) {
    if (idle) transport_->EndOutput();
    Close();
  }
}

void Session::Close() {
  if (state_ == State::kClosed) return;
  state_ = State::kClosed;
  boost::system::error_code ignored;
  (void)transport_->socket().close(ignored);
  timer_.cancel();
  DropExchange(std::move(turn_.exchange));
  response_ = {};
  host_.traffic.CountConnection(-1);
  loop_.Remove(this);
  host_.closed();
}

void Session::SendContinue() {
  continue_ = false;
  output_ = "HTTP/1.1 100 Continue\r\n\r\n";
  output_at_ = 0;
  body_wanted_ = false;
  written_ = &Session::ReadBody;
  ExpireIn(host_.options.stall_timeout);
  WriteOut();
}

/// Answers a request that is not read to its end.
void Session::Reject(int status, std::string_view message) {
  if (host_.MayComplain()) {
    host_.log.Info("request_refused",
                   {{"peer", peer_}, {"status", status}, {"reason", message}});
  }
  keep_alive_ = false;
  DropExchange(std::move(turn_.exchange));
  Answer(PlainResponse(status, message));
}

void Session::Answer(Response response) {
  state_ = State::kWriting;
  read_step_ = nullptr;
  write_step_ = nullptr;
  reading_ = false;
  filling_ = {};
  SetBuffered(0);
  response_ = std::move(response);
  // Who waits for "100 Continue" may send the body, or not.
  const bool all = whole();
  const auto left =
      !keep_alive_ || continue_ ? std::nullopt : parser_->body_bytes_left();
  keep_alive_ = keep_alive_ && !host_.draining &&
                (all || (left && *left <= kDrainBytesMax));
  const bool head_request = method_ == "HEAD";
  body_wanted_ = !head_request && MayHaveBody(response_.status);
  output_ = PrintResponseHead(response_, {.keep_alive = keep_alive_,
                                          .http10 = http10_,
                                          .head_request = head_request,
                                          .date = loop_.date()});
  output_at_ = 0;
  body_at_ = 0;
  body_end_ = body_wanted_ ? BodyBytes(response_) : 0;
  const auto* text = std::get_if<std::string>(&response_.body);
  if (text != nullptr && body_end_ <= kSmallBodyBytesMax) {
    if (body_wanted_) output_ += *text;
    body_wanted_ = false;
  }
  written_ = &Session::OnAnswered;
  progress_bytes_ = 0;
  ExpireIn(host_.options.stall_timeout);
  WriteOut();
}

/// Writes what the socket takes; nothing if all is written.
std::optional<IoResult> Session::WriteSome() {
  const std::string_view head = std::string_view(output_).substr(output_at_);
  const bool more = body_wanted_ && body_at_ < body_end_;
  if (!head.empty()) {
    const IoResult result = transport_->Write(head, more);
    output_at_ += result.bytes;
    return result;
  }
  if (!more) return std::nullopt;
  IoResult result;
  if (const auto* text = std::get_if<std::string>(&response_.body)) {
    result = transport_->Write(std::string_view(*text).substr(body_at_), false);
  } else {
    const auto& file = std::get<FileBody>(response_.body);
    result = transport_->WriteFile(file.file.number(), file.offset + body_at_,
                                   body_end_ - body_at_);
  }
  body_at_ += result.bytes;
  return result;
}

void Session::WriteOut() {
  std::size_t turn_bytes = 0;
  while (const auto result = WriteSome()) {
    if (result->status != Status::kDone) {
      Wait(*result, &Session::WriteOut);
      return;
    }
    host_.traffic.CountSent(result->bytes);
    Progress(result->bytes);
    turn_bytes += result->bytes;
    if (turn_bytes >= kTurnBytesMax) {
      Wait({Status::kWantWrite, 0}, &Session::WriteOut);
      return;
    }
  }
  (this->*std::exchange(written_, nullptr))();
}

void Session::OnAnswered() {
  host_.traffic.CountAnswer(method_, response_.status, Clock::now() - begun_);
  Log(body_end_);
  response_ = {};
  output_ = {};
  discarded_bytes_ = 0;
  if (keep_alive_ && whole()) {
    AwaitRequest();
  } else if (keep_alive_) {
    state_ = State::kDraining;
    ExpireIn(kLingerTime);
    Drain();
  } else if (whole()) {
    transport_->EndOutput();
    Close();
  } else {
    Linger();
  }
}

void Session::Log(std::uint64_t body_bytes) {
  if (!host_.log.Logs(telemetry::LogLevel::kDebug)) return;
  const std::chrono::duration<double, std::milli> time = Clock::now() - begun_;
  host_.log.Debug("request", {{"peer", peer_},
                              {"method", method_},
                              {"path", path_},
                              {"status", response_.status},
                              {"bytes", body_bytes},
                              {"ms", time.count()}});
}

/// Throws the rest of the body away.
void Session::Drain() {
  while (!parser_->done()) {
    const std::span<char> scratch = loop_.scratch();
    const IoResult result = transport_->Read(scratch);
    if (result.status != Status::kDone) {
      Wait(result, &Session::Drain);
      return;
    }
    host_.traffic.CountReceived(result.bytes);
    if (!TakeBody({scratch.data(), result.bytes})) return;
    filling_.clear();
    SetBuffered(0);
  }
  AwaitRequest();
}

/// Closing a socket with bytes unread would reset the connection, and the
/// client might never see the answer.
void Session::Linger() {
  if (host_.draining) {
    transport_->EndOutput();
    Close();
    return;
  }
  state_ = State::kLingering;
  input_ = {};
  transport_->EndOutput();
  ExpireIn(kLingerTime);
  Discard();
}

void Session::Discard() {
  const std::span<char> scratch = loop_.scratch();
  IoResult result = transport_->Read(scratch);
  discarded_bytes_ += result.bytes;
  if (discarded_bytes_ > kLingerBytesMax) {
    Close();
    return;
  }
  if (result.status == Status::kDone) result.status = Status::kWantRead;
  Wait(result, &Session::Discard);
}

/// Goes on with `step` once the socket is ready; ends the connection if it
/// never will be.
void Session::Wait(const IoResult& result, Step step) {
  if (result.status != Status::kWantRead &&
      result.status != Status::kWantWrite) {
    Close();
    return;
  }
  const bool write = result.status == Status::kWantWrite;
  (write ? write_step_ : read_step_) = step;
  bool& awaits = write ? awaits_write_ : awaits_read_;
  if (std::exchange(awaits, true)) return;
  transport_->socket().async_wait(
      write ? socket_base::wait_write : socket_base::wait_read,
      [self = shared_from_this(), write](boost::system::error_code error) {
        (write ? self->awaits_write_ : self->awaits_read_) = false;
        const Step next = std::exchange(
            write ? self->write_step_ : self->read_step_, nullptr);
        if (self->state_ == State::kClosed) return;
        if (error) {
          self->Close();
        } else if (next != nullptr) {
          (self.get()->*next)();
        }
      });
}

void Session::Progress(std::size_t bytes) {
  progress_bytes_ += bytes;
  if (progress_bytes_ < kProgressBytesMin) return;
  progress_bytes_ = 0;
  ExpireIn(host_.options.stall_timeout);
}

void Session::ExpireIn(std::chrono::milliseconds time) {
  deadline_ = Clock::now() + time;
  if (deadline_ < timer_time_) ArmTimer(deadline_);
}

/// A deadline that moves back leaves the timer as it is, so that a request
/// costs no system call for it.
void Session::ArmTimer(Clock::time_point time) {
  timer_time_ = time;
  timer_.expires_at(time);
  timer_.async_wait([weak = weak_from_this()](boost::system::error_code error) {
    const auto self = weak.lock();
    if (!error && self != nullptr && self->state_ != State::kClosed) {
      self->OnTimer();
    }
  });
}

void Session::OnTimer() {
  timer_time_ = Clock::time_point::max();
  if (deadline_ <= Clock::now()) {
    OnExpired();
  } else if (deadline_ != Clock::time_point::max()) {
    ArmTimer(deadline_);
  }
}

void Session::OnExpired() {
  const bool reading =
      state_ == State::kHead ||
      (state_ == State::kHandling && !with_worker_ && written_ == nullptr);
  if (reading) {
    Reject(408, "the request took too long to arrive");
  } else {
    Close();
  }
}

void Session::SetBuffered(std::size_t bytes) {
  host_.buffered_bytes += bytes - buffered_bytes_;
  buffered_bytes_ = bytes;
}

}  // namespace skerry::cloud
