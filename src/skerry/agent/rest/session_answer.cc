#include <algorithm>
#include <utility>

#include "skerry/agent/rest/session.h"

namespace skerry::agent {
namespace {

constexpr std::chrono::milliseconds kLingerTime{2000};
constexpr std::size_t kDiscardBytes = std::size_t{64} << 10;

}  // namespace

void Session::EndIfIdle() {
  keep_alive_ = false;
  // A request that is already in the system's buffers is still answered.
  if (state_ == State::kHandshake ||
      (state_ == State::kIdle && !transport_->HasInput())) {
    Close();
  }
}

void Session::Close() {
  if (state_ == State::kClosed) {
    return;
  }
  state_ = State::kClosed;
  if (request_ != nullptr && request_->cancelled != nullptr) {
    *request_->cancelled = true;
  }
  transport_->Close();
  timer_.cancel();
  if (closed_) {
    std::exchange(closed_, nullptr)(this);
  }
}

void Session::Dispatch() {
  state_ = State::kHandling;
  ExpireNever();
  request_->cancelled = std::make_shared<std::atomic<bool>>(false);
  host_.api.Handle(request_, [gate = host_.gate, weak = weak_from_this(),
                              number = number_](HttpResponse response) {
    gate->Send([weak, number, response = std::move(response)]() mutable {
      if (const auto self = weak.lock()) {
        self->Respond(number, std::move(response));
      }
    });
  });
  if (state_ == State::kHandling) {
    WatchPeer();
  }
}

/// A client that goes away cancels its request.
void Session::WatchPeer() {
  if (watching_) {
    return;
  }
  watching_ = true;
  transport_->WatchPeer(
      [weak = weak_from_this()](bool is_there, std::size_t /*bytes*/) {
        const auto self = weak.lock();
        if (self == nullptr) {
          return;
        }
        self->watching_ = false;
        if (!is_there && self->state_ == State::kHandling) {
          self->Close();
        }
      });
}

void Session::Respond(std::uint64_t number, HttpResponse response) {
  if (state_ == State::kHandling && number == number_) {
    Write(std::move(response));
  }
}

/// Answers a request that was not read to its end.
void Session::Reject(int status, std::string_view message) {
  keep_alive_ = false;
  linger_ = true;
  Write(HttpErrorResponse(status, message));
}

void Session::Write(HttpResponse response) {
  state_ = State::kWriting;
  host_.CountAnswer(response.status);
  keep_alive_ = keep_alive_ && !host_.draining;
  ExpireIn(host_.idle_timeout);
  response_ = std::move(response);
  head_ = PrintHttpHead(response_, keep_alive_, old_client_);
  std::vector<std::string_view> parts = {head_};
  if (request_ == nullptr || request_->method != HttpMethod::kHead) {
    parts.emplace_back(response_.body);
    parts.insert(parts.end(), response_.more.begin(), response_.more.end());
  }
  transport_->Write(parts,
                    [self = shared_from_this()](bool ok, std::size_t /*n*/) {
                      self->OnWritten(ok);
                    });
}

void Session::OnWritten(bool ok) {
  if (state_ == State::kClosed) {
    return;
  }
  response_ = HttpResponse();
  if (ok && keep_alive_) {
    AwaitRequest();
  } else if (ok && linger_) {
    Linger();
  } else {
    Close();
  }
}

/// Closing a socket with bytes unread would reset the connection, and the
/// client might never see the answer.
void Session::Linger() {
  state_ = State::kLingering;
  transport_->EndOutput();
  ExpireIn(kLingerTime);
  DiscardInput();
}

void Session::DiscardInput() {
  input_.resize(kDiscardBytes);
  transport_->ReadSome(
      input_, [self = shared_from_this()](bool ok, std::size_t bytes) {
        self->discarded_bytes_ += bytes;
        if (!ok || self->state_ == State::kClosed ||
            self->discarded_bytes_ > self->host_.body_bytes_max) {
          self->Close();
          return;
        }
        self->DiscardInput();
      });
}

void Session::ExpireIn(std::chrono::milliseconds time) {
  deadline_ = Clock::now() + time;
  if (deadline_ < timer_time_) {
    ArmTimer(deadline_);
  }
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
  const bool reading = state_ == State::kHeader || state_ == State::kBody ||
                       state_ == State::kChunks;
  if (!reading) {
    Close();
    return;
  }
  // The read that is under way ends with the connection; its bytes are not
  // wanted any more.
  keep_alive_ = false;
  linger_ = false;
  if (request_ == nullptr) {
    request_ = std::make_shared<HttpRequest>();
  }
  Write(HttpErrorResponse(408, "the request took too long to arrive"));
}

}  // namespace skerry::agent
