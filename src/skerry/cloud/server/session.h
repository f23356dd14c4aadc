#pragma once

#include <atomic>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "skerry/cloud/server/event_loop.h"
#include "skerry/cloud/server/handler_pool.h"
#include "skerry/cloud/server/request_parser.h"
#include "skerry/cloud/server/server.h"
#include "skerry/cloud/server/traffic.h"
#include "skerry/cloud/server/transport.h"

namespace skerry::cloud {

/// Of a body, the bytes that a handler gets at once, and that are read ahead
/// while it is busy.
inline constexpr std::size_t kPieceBytesMax = std::size_t{256} << 10;
/// The same when all connections together hold more than the next constant.
inline constexpr std::size_t kSmallPieceBytesMax = std::size_t{16} << 10;
inline constexpr std::size_t kBufferedBytesMax = std::size_t{64} << 20;

/// What all connections of a server share.
struct SessionHost {
  const ServerOptions& options;
  Handler& handler;
  const telemetry::Logger& log;
  HandlerPool& workers;
  Traffic traffic;
  /// Connections end with the answer that is under way.
  std::atomic<bool> draining = false;
  std::atomic<std::size_t> connection_count = 0;
  std::atomic<std::size_t> buffered_bytes = 0;  ///< of bodies
  std::atomic<std::int64_t> complained = 0;
  std::function<void()> closed = {};  ///< a connection has ended

  /// Once a second, so that nobody fills the log.
  bool MayComplain();
};

/// One HTTP/1.1 connection: reads a request, has it handled piece by piece,
/// writes the answer, and so on. Requests that come before their turn wait in
/// the system's buffers.
///
/// Thread safety: bound to its event loop's thread.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(SessionHost& host, EventLoop& loop,
          std::unique_ptr<Transport> transport, std::string peer);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void Start();
  /// Ends the connection if nothing is under way.
  void EndIfIdle();
  void Close();

 private:
  using Clock = std::chrono::steady_clock;
  using Step = void (Session::*)();
  enum class State : std::uint8_t {
    kHandshake,
    kIdle,       // nothing of a request is here
    kHead,       // a part of its head is
    kHandling,   // a handler has it; the rest of the body is read
    kWriting,    // the answer
    kDraining,   // answered; what is left of the body is thrown away
    kLingering,  // answered for the last time; so is all that still comes
    kClosed,
  };
  /// A turn of the handler, which goes to a worker thread and comes back.
  struct Turn {
    std::unique_ptr<Exchange> exchange;
    std::optional<RequestHead> head;  ///< begin with this
    std::string piece;
    bool finish = false;
    std::optional<Response> response;
  };

  // session.cc: reading and handling.
  void Handshake();
  void AwaitRequest();
  void ReadHead();
  void ParseHead(std::string_view bytes);
  void BeginRequest(std::string_view rest);
  void ReadBody();
  bool TakeBody(std::string_view bytes);
  std::size_t room() const;
  bool whole() const { return parser_ && parser_->done(); }
  void PassOn();
  void OnTurnDone(Turn turn);
  void RunTurn(Turn& turn) const;
  void DropExchange(std::unique_ptr<Exchange> exchange);

  // session_answer.cc: answering, and time.
  void SendContinue();
  void Reject(int status, std::string_view message);
  void Answer(Response response);
  void WriteOut();
  std::optional<IoResult> WriteSome();
  void Log(std::uint64_t body_bytes);
  void OnAnswered();
  void Drain();
  void Linger();
  void Discard();
  void Wait(const IoResult& result, Step step);
  void Progress(std::size_t bytes);
  void ExpireIn(std::chrono::milliseconds time);
  void ExpireNever() { deadline_ = Clock::time_point::max(); }
  void ArmTimer(Clock::time_point time);
  void OnTimer();
  void OnExpired();
  void SetBuffered(std::size_t bytes);

  SessionHost& host_;
  EventLoop& loop_;
  std::unique_ptr<Transport> transport_;
  const std::string peer_;
  State state_ = State::kHandshake;

  // The request.
  std::string input_;  // read, not parsed
  std::optional<RequestParser> parser_;
  std::string method_;
  std::string path_;  // for the log
  Clock::time_point begun_;
  bool keep_alive_ = false;
  bool http10_ = false;
  bool reading_ = false;  // waits for bytes of the body
  bool with_worker_ = false;
  bool continue_ = false;  // "100 Continue" is to be said
  Turn turn_;              // unless a worker has it
  std::string filling_;    // what of the body it gets next
  std::size_t with_worker_bytes_ = 0;
  std::size_t buffered_bytes_ = 0;  // counted in the host
  std::size_t discarded_bytes_ = 0;

  // The answer.
  std::string output_;
  std::size_t output_at_ = 0;
  Response response_;
  bool body_wanted_ = false;
  std::uint64_t body_at_ = 0;
  std::uint64_t body_end_ = 0;
  Step written_ = nullptr;

  // What goes on once the socket is ready.
  Step read_step_ = nullptr;
  Step write_step_ = nullptr;
  bool awaits_read_ = false;
  bool awaits_write_ = false;

  boost::asio::steady_timer timer_;
  Clock::time_point deadline_ = Clock::time_point::max();
  Clock::time_point timer_time_ = Clock::time_point::max();
  std::size_t progress_bytes_ = 0;  // since the deadline was set
};

}  // namespace skerry::cloud
