#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "grpc_caller.h"
#include "http_connection.h"
#include "question.h"
#include "tally.h"

namespace skerry::soak {

/// Where the agent is, and what it serves.
struct Site {
  std::string socket;
  pid_t process = 0;
  std::string repository;  ///< the agent's; has "net" and "isolated"
  std::string packages;    ///< folders "1", "2", "3", "4", by bias
};

/// Changes what the agent serves while clients use it: swaps "net", loads and
/// unloads "coming", kills the workers of "isolated".
///
/// Thread safety: thread-compatible.
class Operator {
 public:
  Operator(const Site& site, std::uint64_t seed, Tally& tally);

  /// Brings all models up. False, with the reason printed, if it cannot.
  bool Prepare();

  /// One change.
  void Act();

  std::uint64_t swaps() const { return swaps_; }
  std::uint64_t loads() const { return loads_; }
  std::uint64_t kills() const { return kills_; }

 private:
  bool LoadFromRepository(const std::string& model);
  void Swap();
  void LoadOrUnload();
  void Kill();

  const Site& site_;
  Random random_;
  Tally& tally_;
  GrpcCaller caller_;
  HttpConnection http_;
  int version_ = 1;
  bool coming_is_loaded_ = false;
  std::uint64_t swaps_ = 0;
  std::uint64_t loads_ = 0;
  std::uint64_t kills_ = 0;
};

}  // namespace skerry::soak
