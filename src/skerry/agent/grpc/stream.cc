#include "skerry/agent/grpc/stream.h"

#include <utility>
#include <vector>

#include "skerry/agent/grpc/compression.h"
#include "skerry/agent/grpc/method_table.h"
#include "skerry/agent/grpc/status.h"
#include "skerry/agent/grpc/stream_registry.h"

namespace skerry::agent {

void StreamRegistry::Add(const std::shared_ptr<Stream>& stream) {
  bool stopped = false;
  {
    const std::lock_guard lock(mutex_);
    streams_.emplace(stream.get(), stream);
    stopped = stopped_;
  }
  if (stopped) stream->Stop();
}

void StreamRegistry::Remove(const Stream* stream) {
  const std::lock_guard lock(mutex_);
  streams_.erase(stream);
}

void StreamRegistry::StopAll() {
  std::vector<std::shared_ptr<Stream>> streams;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    for (const auto& [key, stream] : streams_) {
      if (auto alive = stream.lock()) streams.push_back(std::move(alive));
    }
  }
  for (const auto& stream : streams) stream->Stop();
}

void Stream::Await(MethodTable& table, int index) {
  const auto stream = std::make_shared<Stream>(table, index);
  stream->self_ = stream;
  stream->caller_.context().AsyncNotifyWhenDone(&stream->done_);
  table.RequestStream(index, &stream->caller_.context(), &stream->stream_,
                      &stream->arrived_);
}

Stream::Stream(MethodTable& table, int index)
    : holder_(table.calls()),
      table_(table),
      index_(index),
      caller_(table.peers()),
      stream_(&caller_.context()) {}

Stream::~Stream() { table_.streams().Remove(this); }

void Stream::OnArrived(bool ok) {
  if (!ok) {
    self_.reset();
    return;
  }
  pending_ = 1;  // done_
  Await(table_, index_);
  handler_ = table_.method(index_).stream(*this);
  ReadNext();
  table_.streams().Add(self_);
}

void Stream::ReadNext() {
  const std::lock_guard lock(mutex_);
  read_waits_ = outgoing_.size() >= kStreamMessagesMax;
  if (!read_waits_) ReadLocked();
}

void Stream::ReadLocked() {
  if (finishing_) return;
  ++pending_;
  stream_.Read(&incoming_, &read_);
}

void Stream::OnRead(bool ok) {
  if (ok) {
    auto read = Decompress(incoming_, table_.message_bytes_max());
    if (!read) {
      Close(ToStatus(read.error()));
      incoming_.Clear();
    } else {
      handler_->OnMessage(std::exchange(incoming_, {}));
    }
  } else {
    handler_->OnReadsDone();
  }
  End();
}

void Stream::Write(grpc::ByteBuffer message) {
  const std::lock_guard lock(mutex_);
  if (close_.has_value()) return;
  outgoing_.push_back(std::move(message));
  WriteNextLocked();
}

void Stream::Close(const grpc::Status& status) {
  const std::lock_guard lock(mutex_);
  if (close_.has_value()) return;
  close_ = status;
  timer_.Cancel();
  WriteNextLocked();
}

void Stream::WriteNextLocked() {
  if (writing_ || finishing_) return;
  if (!outgoing_.empty()) {
    writing_ = true;
    ++pending_;
    stream_.Write(outgoing_.front(), &written_);
  } else if (close_.has_value()) {
    finishing_ = true;
    ++pending_;
    stream_.Finish(*close_, &finished_);
  }
}

void Stream::OnWritten(bool ok) {
  {
    const std::lock_guard lock(mutex_);
    writing_ = false;
    outgoing_.pop_front();
    if (!ok) outgoing_.clear();  // nobody reads
    WriteNextLocked();
    if (std::exchange(read_waits_, false)) ReadLocked();
  }
  End();
}

void Stream::SetAlarm(std::chrono::milliseconds delay) {
  const std::lock_guard lock(mutex_);
  if (close_.has_value()) return;
  ++pending_;
  timer_.Set(&table_.queue(), std::chrono::system_clock::now() + delay,
             &alarm_);
}

void Stream::OnAlarm(bool /*ok*/) {
  handler_->OnAlarm();
  End();
}

void Stream::OnFinished(bool /*ok*/) { End(); }

void Stream::OnDone(bool /*ok*/) {
  if (caller_.context().IsCancelled()) {
    caller_.set_cancelled();
    const std::lock_guard lock(mutex_);
    timer_.Cancel();
  }
  End();
}

void Stream::End() {
  std::shared_ptr<Stream> last;
  const std::lock_guard lock(mutex_);
  // Whoever still writes would find the stream closed: a handler closes it
  // once the reads are done.
  if (--pending_ == 0 && finishing_) last = std::move(self_);
}

void Stream::Stop() { handler_->OnStop(); }

}  // namespace skerry::agent
