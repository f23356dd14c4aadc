#include <array>
#include <chrono>
#include <cstring>
#include <optional>
#include <utility>

#include "skerry/agent/serving/executor.h"
#include "skerry/agent/worker/channel.h"
#include "skerry/agent/worker/restart_pause.h"
#include "skerry/agent/worker/worker_start.h"
#include "skerry/platform/child_process.h"
#include "skerry/platform/errno_error.h"
#include "skerry/platform/mapping.h"
#include "skerry/platform/socket.h"

namespace skerry::agent {
namespace {

using platform::ChildProcess;
using platform::FileDescriptor;
using Clock = RestartPause::Clock;

constexpr std::chrono::seconds kStartTimeout{10};

// A worker process and the connection to it.
struct WorkerProcess {
  FileDescriptor connection;
  ChildProcess process;
  Clock::time_point start;
};

// What does not change with the worker.
struct Plan {
  std::vector<std::string> command;
  std::string name;  // of the model, for messages
  std::string fingerprint;
  ChannelLayout layout;
};

class WorkerExecutor final : public Executor {
 public:
  WorkerExecutor(Plan plan, FileDescriptor memory_file,
                 platform::Mapping memory)
      : plan_(std::move(plan)),
        memory_file_(std::move(memory_file)),
        memory_(std::move(memory)) {}

  Result<void> Run(std::span<const std::span<const std::byte>> inputs,
                   std::span<const std::span<std::byte>> outputs) override;

  // As CreateWorkerExecutor.
  Result<void> Start();

 private:
  Result<void> CheckBuffers(
      std::span<const std::span<const std::byte>> inputs,
      std::span<const std::span<std::byte>> outputs) const;
  Result<void> AwaitReady(WorkerProcess& worker);
  Result<void> Restart();
  Result<void> Request();
  Result<void> AwaitReply();
  Error Bury(std::string_view reason);

  std::span<std::byte> Shared(const ChannelLayout::Part& part) {
    return memory_.bytes().subspan(part.offset, part.byte_count);
  }

  const Plan plan_;
  const FileDescriptor memory_file_;
  const platform::Mapping memory_;
  std::optional<WorkerProcess> worker_;
  RestartPause pause_;
  std::uint64_t number_ = 0;  // of the last request
  std::array<std::byte, kWorkerReplyBytesMax> reply_{};
};

Result<void> WorkerExecutor::AwaitReady(WorkerProcess& worker) {
  const std::string what = "the worker of " + plan_.name;
  const Result<std::size_t> received = platform::ReceiveMessage(
      worker.connection, reply_, worker.start + kStartTimeout);
  if (!received) {
    return Unavailable(what +
                       " did not come up: " + received.error().message());
  }
  if (*received == 0) {
    return Unavailable(what + " did not come up: it " + worker.process.End());
  }
  SKERRY_ASSIGN_OR_RETURN(
      const WorkerReply reply,
      DecodeReply(std::span<const std::byte>(reply_).first(*received)));
  SKERRY_RETURN_IF_ERROR(reply.outcome);
  if (*reply.outcome == plan_.fingerprint) return {};
  return FailedPrecondition(plan_.name +
                            ": its file was replaced after it was loaded");
}

Result<void> WorkerExecutor::Start() {
  SKERRY_ASSIGN_OR_RETURN(platform::SocketPair pair,
                          platform::MakeSocketPair());
  const std::array<const FileDescriptor*, 2> handed = {&pair.second,
                                                       &memory_file_};
  const Clock::time_point now = Clock::now();
  SKERRY_ASSIGN_OR_RETURN(ChildProcess process,
                          ChildProcess::Start(plan_.command, handed));
  pair.second.Close();  // so that the worker's end closes with the worker
  WorkerProcess worker{std::move(pair.first), std::move(process), now};
  SKERRY_RETURN_IF_ERROR(AwaitReady(worker));
  worker_ = std::move(worker);
  return {};
}

// Starts a worker in place of one that died, unless it is too early.
Result<void> WorkerExecutor::Restart() {
  const Clock::time_point now = Clock::now();
  if (const auto left = pause_.Left(now); left.count() > 0) {
    return Unavailable("the worker of " + plan_.name + " died " +
                       std::to_string(pause_.death_count()) +
                       " times; it is started again in " +
                       std::to_string(left.count()) + " ms");
  }
  const Result<void> started = Start();
  if (started) return {};
  pause_.Died(now, Clock::now());
  return Unavailable(started.error().message());
}

// The worker must go; says how it went.
Error WorkerExecutor::Bury(std::string_view reason) {
  std::string message = "the worker of " + plan_.name + " ";
  message.append(reason) += worker_->process.End();
  pause_.Died(worker_->start, Clock::now());
  worker_.reset();
  return Unavailable(std::move(message));
}

// Sends a request. A worker that died while nobody needed it has taken no
// request with it, so another is started at once.
Result<void> WorkerExecutor::Request() {
  if (!worker_) SKERRY_RETURN_IF_ERROR(Restart());
  const auto message = EncodeRequest(++number_);
  if (platform::SendMessage(worker_->connection, message)) return {};
  static_cast<void>(Bury(""));
  SKERRY_RETURN_IF_ERROR(Restart());
  if (platform::SendMessage(worker_->connection, message)) return {};
  return Bury("");
}

Result<void> WorkerExecutor::AwaitReply() {
  const Result<std::size_t> received =
      platform::ReceiveMessage(worker_->connection, reply_, std::nullopt);
  if (!received || *received == 0) return Bury("");
  Result<WorkerReply> reply =
      DecodeReply(std::span<const std::byte>(reply_).first(*received));
  if (!reply || reply->number != number_) {
    return Bury("gave an answer that is none and ");
  }
  if (reply->outcome) return {};
  return Internal(plan_.name + ": " + reply->outcome.error().message());
}

Result<void> WorkerExecutor::CheckBuffers(
    std::span<const std::span<const std::byte>> inputs,
    std::span<const std::span<std::byte>> outputs) const {
  const auto fits = [](const auto& buffers, const auto& parts) {
    if (buffers.size() != parts.size()) return false;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (buffers[i].size() != parts[i].byte_count) return false;
    }
    return true;
  };
  if (fits(inputs, plan_.layout.inputs) &&
      fits(outputs, plan_.layout.outputs)) {
    return {};
  }
  return Internal(plan_.name + ": buffers do not fit the model");
}

Result<void> WorkerExecutor::Run(
    std::span<const std::span<const std::byte>> inputs,
    std::span<const std::span<std::byte>> outputs) {
  SKERRY_RETURN_IF_ERROR(CheckBuffers(inputs, outputs));
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i].empty()) continue;
    std::memcpy(Shared(plan_.layout.inputs[i]).data(), inputs[i].data(),
                inputs[i].size());
  }
  SKERRY_RETURN_IF_ERROR(Request());
  SKERRY_RETURN_IF_ERROR(AwaitReply());
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i].empty()) continue;
    std::memcpy(outputs[i].data(), Shared(plan_.layout.outputs[i]).data(),
                outputs[i].size());
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Executor>> CreateWorkerExecutor(
    const std::string& program, const std::string& model_path,
    const Manifest& manifest, const ExecutorOptions& options) {
  Plan plan{.command = PrintWorkerArguments(
                {model_path, options.thread_count, options.cores}),
            .name = platform::Quoted(model_path),
            .fingerprint = FingerprintOf(manifest),
            .layout = LayOut(manifest)};
  plan.command.insert(plan.command.begin(), program);
  SKERRY_ASSIGN_OR_RETURN(FileDescriptor file,
                          platform::MakeSharedFile(plan.layout.byte_count));
  SKERRY_ASSIGN_OR_RETURN(
      platform::Mapping memory,
      platform::Mapping::OfSharedFile(file, plan.layout.byte_count));
  auto executor = std::make_unique<WorkerExecutor>(
      std::move(plan), std::move(file), std::move(memory));
  SKERRY_RETURN_IF_ERROR(executor->Start());
  return std::unique_ptr<Executor>(std::move(executor));
}

}  // namespace skerry::agent
