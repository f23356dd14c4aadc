#pragma once

#include <memory>
#include <mutex>

#include "skerry/agent/grpc/oip_inference.h"
#include "skerry/agent/grpc/stream.h"
#include "skerry/agent/services.h"

namespace skerry::agent {

/// Requests of one stream that run at the same time; the next is read when
/// one of them has been answered.
inline constexpr int kStreamRequestsMax = 64;

/// ModelStreamInfer: each request is answered when it is done, so answers may
/// overtake each other; ids tell which is which. An error is an answer too,
/// and the stream goes on.
///
/// Thread safety: thread-safe.
class OipStream final : public StreamHandler {
 public:
  OipStream(const Services& services, Stream& stream)
      : services_(services), stream_(stream) {}

  void OnMessage(grpc::ByteBuffer message) override;
  void OnReadsDone() override;
  void OnStop() override;

 private:
  void Infer(const std::shared_ptr<OipInference>& inference);
  void Answer(OipInference& inference, Result<InferenceResult> result);
  void Fail(const std::string& id, const Error& error);
  void ReadOn();
  void EndOne();
  void CloseIfIdle();

  const Services& services_;
  Stream& stream_;
  std::mutex mutex_;
  int running_ = 0;
  bool waiting_ = false;  ///< to read on
  bool done_ = false;     ///< no more will come
  grpc::Status status_;   ///< to close with
};

}  // namespace skerry::agent
