#pragma once

#include <grpcpp/alarm.h>
#include <grpcpp/support/async_stream.h>
#include <grpcpp/support/byte_buffer.h>

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>

#include "skerry/agent/grpc/call_count.h"
#include "skerry/agent/grpc/caller.h"
#include "skerry/agent/grpc/completion.h"
#include "skerry/base/result.h"

namespace skerry::agent {

class MethodTable;
class StreamHandler;

using GenericStream =
    grpc::ServerAsyncReaderWriter<grpc::ByteBuffer, grpc::ByteBuffer>;

/// Messages of one stream that wait until the client reads; while there are
/// so many, the client's are not read.
inline constexpr std::size_t kStreamMessagesMax = 64;

/// One streaming call.
///
/// Thread safety: thread-safe.
class Stream : public std::enable_shared_from_this<Stream> {
 public:
  static void Await(MethodTable& table, int index);

  Stream(MethodTable& table, int index);
  ~Stream();

  Caller& caller() { return caller_; }

  /// Asks for the next message; one at a time. Waits while the client reads
  /// none of what was written.
  void ReadNext();
  void Write(grpc::ByteBuffer message);
  /// Ends the stream when all that was written is sent; later calls of
  /// anything do nothing.
  void Close(const grpc::Status& status);
  /// Calls the handler's `OnAlarm` after `delay`, or earlier when the call is
  /// over; one at a time.
  void SetAlarm(std::chrono::milliseconds delay);
  /// Asks the handler to end.
  void Stop();

 private:
  void OnArrived(bool ok);
  void OnRead(bool ok);
  void OnWritten(bool ok);
  void OnFinished(bool ok);
  void OnDone(bool ok);
  void OnAlarm(bool ok);
  void ReadLocked();
  void WriteNextLocked();
  void End();

  const CallCount::Holder holder_;
  MethodTable& table_;
  const int index_;
  Caller caller_;
  GenericStream stream_;
  MemberCompletion<Stream> arrived_{*this, &Stream::OnArrived};
  MemberCompletion<Stream> read_{*this, &Stream::OnRead};
  MemberCompletion<Stream> written_{*this, &Stream::OnWritten};
  MemberCompletion<Stream> finished_{*this, &Stream::OnFinished};
  MemberCompletion<Stream> done_{*this, &Stream::OnDone};
  MemberCompletion<Stream> alarm_{*this, &Stream::OnAlarm};
  std::unique_ptr<StreamHandler> handler_;
  grpc::ByteBuffer incoming_;
  grpc::Alarm timer_;

  std::mutex mutex_;
  std::deque<grpc::ByteBuffer> outgoing_;
  std::optional<grpc::Status> close_;
  bool read_waits_ = false;
  bool writing_ = false;
  bool finishing_ = false;
  int pending_ = 0;  ///< completions that the queue still owes
  std::shared_ptr<Stream> self_;
};

/// What a streaming method does. Each function is called on the completion
/// queue's thread, but for `OnStop`, and must not block.
class StreamHandler {
 public:
  virtual ~StreamHandler() = default;
  virtual void OnMessage(grpc::ByteBuffer message) = 0;
  /// The client sends no more, or is gone.
  virtual void OnReadsDone() = 0;
  virtual void OnAlarm() {}
  /// The server shuts down: close the stream soon. On any thread.
  virtual void OnStop() = 0;
};

}  // namespace skerry::agent
