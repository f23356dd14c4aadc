#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "skerry/agent/serving/executor.h"
#include "skerry/agent/worker/channel.h"
#include "skerry/agent/worker/worker_start.h"
#include "skerry/platform/errno_error.h"
#include "skerry/platform/mapping.h"
#include "skerry/platform/process.h"
#include "skerry/platform/socket.h"
#include "skerry/platform/thread.h"
#include "skerry/runtime/session.h"

namespace skerry::agent {
namespace {

using platform::FileDescriptor;
using ReplyBuffer = std::array<std::byte, kWorkerReplyBytesMax>;

// The model, with its tensors in memory that the executor maps too.
class Worker {
 public:
  static Result<Worker> Create(const WorkerStart& start,
                               const FileDescriptor& memory);

  Result<void> Run() { return session_.Run(inputs_, outputs_); }
  const Manifest& manifest() const { return session_.model().manifest(); }

 private:
  Worker(runtime::Session session, platform::Mapping memory,
         const ChannelLayout& layout);

  runtime::Session session_;
  platform::Mapping memory_;
  std::vector<std::span<const std::byte>> inputs_;
  std::vector<std::span<std::byte>> outputs_;
};

Worker::Worker(runtime::Session session, platform::Mapping memory,
               const ChannelLayout& layout)
    : session_(std::move(session)), memory_(std::move(memory)) {
  for (const ChannelLayout::Part& part : layout.inputs) {
    inputs_.push_back(memory_.bytes().subspan(part.offset, part.byte_count));
  }
  for (const ChannelLayout::Part& part : layout.outputs) {
    outputs_.push_back(memory_.bytes().subspan(part.offset, part.byte_count));
  }
}

Result<Worker> Worker::Create(const WorkerStart& start,
                              const FileDescriptor& memory) {
  // Before the session starts threads, which inherit it.
  SKERRY_RETURN_IF_ERROR(platform::PinThisThread(start.cores));
  SKERRY_ASSIGN_OR_RETURN(std::shared_ptr<const runtime::Model> model,
                          runtime::Model::LoadFile(start.model_path));
  const ChannelLayout layout = LayOut(model->manifest());
  SKERRY_ASSIGN_OR_RETURN(const std::size_t shared_bytes,
                          platform::FileBytes(memory));
  if (shared_bytes != layout.byte_count) {
    return FailedPrecondition(
        platform::Quoted(start.model_path) +
        ": the file was replaced by a model with other inputs or outputs");
  }
  SKERRY_ASSIGN_OR_RETURN(
      platform::Mapping mapping,
      platform::Mapping::OfSharedFile(memory, shared_bytes));
  runtime::SessionOptions options;
  options.thread_count = start.thread_count;
  SKERRY_ASSIGN_OR_RETURN(runtime::Session session,
                          runtime::Session::Create(std::move(model), options));
  return Worker(std::move(session), std::move(mapping), layout);
}

Result<void> Answer(const FileDescriptor& connection, const WorkerReply& reply,
                    ReplyBuffer& buffer) {
  return platform::SendMessage(connection, EncodeReply(reply, buffer));
}

// Answers requests until the executor closes the connection.
Result<void> Serve(Worker& worker, const FileDescriptor& connection,
                   ReplyBuffer& buffer) {
  while (true) {
    std::array<std::byte, kWorkerRequestBytes> message{};
    SKERRY_ASSIGN_OR_RETURN(
        const std::size_t byte_count,
        platform::ReceiveMessage(connection, message, std::nullopt));
    if (byte_count == 0) return {};
    SKERRY_ASSIGN_OR_RETURN(
        const std::uint64_t number,
        DecodeRequest(std::span(message).first(byte_count)));
    const Result<void> ran = worker.Run();
    WorkerReply reply{number, std::string_view()};
    if (!ran) reply.outcome = ran.error();
    SKERRY_RETURN_IF_ERROR(Answer(connection, reply, buffer));
  }
}

int Fail(const Error& error) {
  static_cast<void>(
      std::fprintf(stderr, "worker: %s\n", error.message().c_str()));
  return 1;
}

}  // namespace

int RunWorker(std::span<const std::string> arguments) {
  const Result<WorkerStart> start = ParseWorkerArguments(arguments);
  if (!start) return Fail(start.error());
  const FileDescriptor connection(kWorkerConnection);
  const FileDescriptor memory(kWorkerMemory);
  const Result<platform::SocketPeer> parent =
      platform::PeerCredentials(connection);
  if (!parent) {
    return Fail(FailedPrecondition("only the agent starts workers"));
  }
  platform::ConfineThisProcess();
  // A model that hangs would not see that its parent is gone.
  const Result<platform::Thread> watch =
      platform::Thread::Start("worker-watch", [&connection] {
        platform::WaitForClose(connection);
        std::_Exit(0);
      });
  if (!watch) return Fail(watch.error());

  auto buffer = std::make_unique<ReplyBuffer>();
  Result<Worker> worker = Worker::Create(*start, memory);
  Result<void> served;
  if (worker) {
    const std::string fingerprint = FingerprintOf(worker->manifest());
    served = Answer(connection, {0, fingerprint}, *buffer);
    if (served) served = Serve(*worker, connection, *buffer);
  } else {
    served = Answer(connection, {0, worker.error()}, *buffer);  // who ends us
  }
  if (!served) std::_Exit(Fail(served.error()));
  return 0;  // once the thread above has seen that the connection is closed
}

}  // namespace skerry::agent
