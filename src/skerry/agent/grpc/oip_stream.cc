#include "skerry/agent/grpc/oip_stream.h"

#include <string>
#include <utility>

#include "skerry/agent/grpc/status.h"

namespace skerry::agent {
namespace {

constexpr int kInferResponse = 2;  // the field's number

}  // namespace

void OipStream::OnMessage(grpc::ByteBuffer message) {
  {
    const std::lock_guard lock(mutex_);
    ++running_;
  }
  auto inference = std::make_shared<OipInference>(services_);
  if (auto parsed = ParseMessage(&message, &inference->message()); !parsed) {
    Fail("", parsed.error());
    EndOne();
  } else {
    Infer(inference);
  }
  ReadOn();
}

void OipStream::Infer(const std::shared_ptr<OipInference>& inference) {
  auto request = inference->Read(stream_.caller());
  if (!request) {
    Answer(*inference, request.error());
    return EndOne();
  }
  const auto stream = stream_.shared_from_this();
  request->owner = inference;
  request->cancelled = {stream, &stream_.caller().cancelled()};
  services_.models.Infer(
      *std::move(request),
      // The stream keeps this handler alive.
      [this, stream, inference](Result<InferenceResult> result) {
        Answer(*inference, std::move(result));
        EndOne();
      });
}

void OipStream::Answer(OipInference& inference,
                       Result<InferenceResult> result) {
  auto answer = inference.Answer(std::move(result));
  if (!answer) return Fail(inference.message().id(), answer.error());
  MessageWriter writer;
  writer.AddMessage(kInferResponse, *std::move(answer));
  stream_.Write(writer.Take());
}

void OipStream::Fail(const std::string& id, const Error& error) {
  inference::ModelStreamInferResponse response;
  response.set_error_message("[" + std::string(ErrorCodeName(error.code())) +
                             "] " + error.message());
  response.mutable_infer_response()->set_id(id);
  MessageWriter writer;
  writer.Add(response);
  stream_.Write(writer.Take());
}

void OipStream::ReadOn() {
  {
    const std::lock_guard lock(mutex_);
    waiting_ = running_ >= kStreamRequestsMax;
    if (waiting_) return;
  }
  stream_.ReadNext();
}

void OipStream::EndOne() {
  bool read = false;
  {
    const std::lock_guard lock(mutex_);
    --running_;
    read = std::exchange(waiting_, false);
  }
  if (read) stream_.ReadNext();
  CloseIfIdle();
}

void OipStream::OnReadsDone() {
  {
    const std::lock_guard lock(mutex_);
    done_ = true;
  }
  CloseIfIdle();
}

void OipStream::OnStop() {
  {
    const std::lock_guard lock(mutex_);
    done_ = true;
    status_ = ToStatus(Unavailable("the agent is shutting down"));
  }
  CloseIfIdle();
}

void OipStream::CloseIfIdle() {
  grpc::Status status;
  {
    const std::lock_guard lock(mutex_);
    if (!done_ || running_ > 0) return;
    status = status_;
  }
  stream_.Close(status);
}

}  // namespace skerry::agent
