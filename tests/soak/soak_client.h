#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "grpc_caller.h"
#include "http_connection.h"
#include "question.h"
#include "skerry/agent/client/region.h"
#include "tally.h"

namespace skerry::soak {

/// Memory of System V that only this process writes, as the agent wants it.
///
/// Thread safety: thread-compatible.
class Segment {
 public:
  explicit Segment(std::size_t byte_count);
  Segment(const Segment&) = delete;
  Segment& operator=(const Segment&) = delete;
  ~Segment();

  int id() const { return id_; }
  std::byte* bytes() const { return bytes_; }

 private:
  int id_ = -1;
  std::byte* bytes_ = nullptr;
};

/// One of many clients: makes requests of all kinds, right and wrong ones, one
/// after the other, and looks at each answer.
///
/// Thread safety: thread-compatible.
class SoakClient {
 public:
  SoakClient(std::string socket, const std::vector<Target>& targets,
             std::uint64_t seed, Tally& tally);

  /// One request of a random kind.
  void Ask();

 private:
  // Right requests.
  void InferInline();
  void InferShared();
  void Predict();
  void PredictSegment();
  void PostJson();
  void PostBinary();
  void AbandonPost();
  // Wrong ones.
  void InferMalformed();
  void PredictMalformed();
  void PostMalformed();
  void SendGarbage();

  Patience SomePatience();
  inference::ModelInferRequest BasicRequest(const Target& target);
  bool RenewRegion();
  /// Sorts an answer that came by gRPC.
  void Judge(const grpc::Status& status, const Patience& patience,
             const Target& target, bool right, const std::string& what);
  void JudgeMalformed(const grpc::Status& status, const std::string& what);
  void JudgePost(const Target& target, const Question& question, bool binary);
  const Target& SomeTarget();

  const std::string socket_;
  const std::vector<Target>& targets_;
  Random random_;
  Tally& tally_;
  GrpcCaller caller_;
  HttpConnection http_;
  Segment segment_;
  std::shared_ptr<agent::Region> region_;  ///< input, then output
};

}  // namespace skerry::soak
