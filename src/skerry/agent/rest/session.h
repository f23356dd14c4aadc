#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "skerry/agent/rest/event_gate.h"
#include "skerry/agent/rest/http_message.h"
#include "skerry/agent/rest/rest_api.h"
#include "skerry/agent/rest/transport.h"

namespace skerry::agent {

/// Bytes of a request's line and header, and of a chunk's line or trailer.
inline constexpr std::size_t kHeaderBytesMax = std::size_t{16} << 10;

/// What all connections of a server share.
struct SessionHost {
  boost::asio::io_context& loop;
  RestApi& api;
  std::shared_ptr<EventGate> gate;
  std::shared_ptr<BodyBudget> budget;
  telemetry::Registry& metrics;
  std::size_t body_bytes_max;
  std::chrono::milliseconds header_timeout;
  std::chrono::milliseconds idle_timeout;
  /// Connections end with the answer that is under way.
  bool draining = false;
  std::map<int, std::shared_ptr<telemetry::Counter>> answers;  ///< by status

  void CountAnswer(int status);
};

/// One HTTP/1.1 connection: reads a request, has it answered, writes the
/// answer, and so on. Requests that come before their turn wait in the
/// system's buffers.
///
/// Thread safety: bound to the event loop's thread.
class Session : public std::enable_shared_from_this<Session> {
 public:
  using Closed = std::function<void(Session*)>;

  /// `closed` is called once, when the connection has ended. A `refused` one
  /// gets 403, whatever it asks for.
  Session(SessionHost& host, std::unique_ptr<Transport> transport, Peer peer,
          bool refused, Closed closed);

  void Start();
  /// Ends the connection if nothing is under way.
  void EndIfIdle();
  void Close();

 private:
  using Parser =
      boost::beast::http::request_parser<boost::beast::http::string_body>;
  using Clock = std::chrono::steady_clock;
  enum class State : std::uint8_t {
    kHandshake,
    kIdle,      // nothing of a request is here
    kHeader,    // a part of its header is
    kBody,      // of a known length
    kChunks,    // of an unknown length
    kHandling,  // others have it
    kWriting,
    kLingering,  // answered; what the client still sends is thrown away
    kClosed,
  };

  // session.cc: reading.
  void AwaitRequest();
  void Read();
  void OnRead(bool ok);
  void Parse();
  void ParseHeader();
  void BeginBody();
  void ReadBody();
  void OnBody(bool ok, std::size_t bytes);
  void ParseChunks();
  bool PutIntoParser(boost::system::error_code& error);
  void OnParseError(boost::system::error_code error);
  void SendContinue();
  void FillRequest();

  // session_answer.cc: answering, and time.
  void Dispatch();
  void WatchPeer();
  void Respond(std::uint64_t number, HttpResponse response);
  void Reject(int status, std::string_view message);
  void Write(HttpResponse response);
  void OnWritten(bool ok);
  void Linger();
  void DiscardInput();
  void ExpireIn(std::chrono::milliseconds time);
  void ExpireNever() { deadline_ = Clock::time_point::max(); }
  void ArmTimer(Clock::time_point time);
  void OnTimer();
  void OnExpired();

  SessionHost& host_;
  std::unique_ptr<Transport> transport_;
  Peer peer_;
  bool refused_;
  Closed closed_;
  State state_ = State::kHandshake;

  std::string input_;  // read, not parsed
  std::optional<Parser> parser_;
  std::shared_ptr<HttpRequest> request_;
  std::size_t body_bytes_ = 0;  // read so far
  std::uint64_t number_ = 0;    // of the request
  bool keep_alive_ = false;
  bool old_client_ = false;
  bool linger_ = false;
  bool watching_ = false;

  std::string head_;
  HttpResponse response_;
  std::size_t discarded_bytes_ = 0;

  boost::asio::steady_timer timer_;
  Clock::time_point deadline_ = Clock::time_point::max();
  Clock::time_point timer_time_ = Clock::time_point::max();
};

}  // namespace skerry::agent
