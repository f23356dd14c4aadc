#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "skerry/agent/serving/inference.h"
#include "skerry/base/result.h"
#include "skerry/model/manifest.h"
#include "skerry/telemetry/log.h"
#include "skerry/telemetry/metrics.h"
#include "skerry/trust/package_signature.h"

namespace skerry::agent {

/// Bounds of what clients may ask for.
inline constexpr int kInstanceCountMax = 64;
inline constexpr std::size_t kQueueLengthMax = 65536;
inline constexpr std::size_t kModelCountMax = 1024;
inline constexpr std::size_t kVersionCountMax = 16;  ///< of one model

/// How a model version is served.
struct ModelOptions {
  int instance_count = 1;         ///< requests that run at the same time
  int thread_count = 1;           ///< of each instance; 0: all CPUs
  std::vector<int> cores;         ///< pinned in turn; empty: not pinned
  std::size_t queue_length = 64;  ///< requests that may wait
  /// Dynamic batching, for models whose inputs and outputs all have the same
  /// first extent B > 1: requests may have a first extent from 1 to B, and
  /// several are run together. The first of a batch waits this long for
  /// others. Absent: requests must have the model's own shape.
  std::optional<std::chrono::microseconds> batch_delay;
  bool isolate = false;  ///< in a worker process
};

/// How an alias with several versions shares its traffic out.
struct Split {
  struct Arm {
    std::string version;
    int share = 0;  ///< of 10000; all arms together make 10000
  };
  /// The unit's bucket is HMAC-SHA256(salt, unit) mod 10000 (the digest's
  /// first 8 bytes, big-endian); the arms take ranges in their order, so one
  /// that grows keeps its units. Requests without a unit go to the first arm.
  std::string salt;
  std::vector<Arm> arms;
  /// This version gets a copy of requests when there is nothing else to do,
  /// at idle priority, and its answers go nowhere but into the metrics.
  /// Dropped, and counted, when it is busy. Empty: none.
  std::string shadow;
};

enum class ModelState { kLoading, kReady, kUnloading, kUnavailable };

struct ModelDescription {
  std::string alias;
  std::string version;
  std::string folder;  ///< as it was given
  std::string package_name;
  std::vector<TensorSpec> inputs;
  std::vector<TensorSpec> outputs;
  ModelOptions options;
  ModelState state = ModelState::kReady;
};

/// What happened so far; durations are sums.
struct ModelStatistics {
  struct Part {
    std::uint64_t count = 0;
    std::chrono::nanoseconds time{};
  };
  std::string alias;
  std::string version;
  std::chrono::system_clock::time_point last_inference{};
  std::uint64_t inference_count = 0;  ///< batch elements
  std::uint64_t execution_count = 0;  ///< runs of the model
  Part success, fail, queue, input, infer, output;
};

/// The bucket, 0 to 9999, of `unit` in an experiment with `salt`.
int SplitBucket(std::string_view salt, std::string_view unit);

/// Whether `alias` matches ^[a-zA-Z0-9](-*[a-zA-Z0-9])*$ and has at most 255
/// characters.
bool IsModelAlias(std::string_view alias);

/// The models that an agent serves, each with one queue and threads of its
/// own for each version.
///
/// Thread safety: thread-safe. Loading and unloading take turns for one alias
/// and do not hold up inference.
class ModelStore {
 public:
  struct Options {
    /// Packages must be signed by one of these; null: need not be.
    std::shared_ptr<const trust::TrustRoots> roots;
    /// The program that isolated models run in; see CreateWorkerExecutor.
    std::string worker_program;
    bool isolate_all = false;
    ModelOptions defaults;
  };

  static Result<std::unique_ptr<ModelStore>> Create(
      Options options, telemetry::Registry& metrics,
      const telemetry::Logger& log);

  virtual ~ModelStore() = default;

  /// Loads the package in `folder` under `alias`, with one version: the
  /// package's. Returns when it is ready.
  ///
  /// Errors: kInvalidArgument (alias, options), kAlreadyExists (alias taken),
  /// kResourceExhausted (memory, threads, kModelCountMax), and those of
  /// ReadModelPackage and runtime::Model::LoadFile.
  virtual Result<ModelDescription> Load(
      const std::string& alias, const std::string& folder,
      const std::optional<ModelOptions>& options) = 0;

  /// Loads the package as the alias's version, beside or in place of what is
  /// there, and makes it the only one that new requests get (unless a split
  /// says otherwise). Requests that came before end with the old version,
  /// which then goes; none fails. Loads the alias if it is not there.
  virtual Result<ModelDescription> Swap(
      const std::string& alias, const std::string& folder,
      const std::optional<ModelOptions>& options) = 0;

  /// Loads the package as another version of `alias` that gets requests only
  /// by name or by a split. kAlreadyExists if the version is there.
  virtual Result<ModelDescription> AddVersion(
      const std::string& alias, const std::string& folder,
      const std::optional<ModelOptions>& options) = 0;

  /// A package, and the version that it is served as; empty: its own.
  struct Source {
    std::string folder;
    std::string version;
  };
  /// Makes `alias` have exactly the versions of `sources`, the first of which
  /// gets the requests, and `split`: as `Swap`, but for all versions at once.
  /// If one of them cannot be loaded, nothing changes.
  virtual Result<void> Deploy(const std::string& alias,
                              const std::vector<Source>& sources,
                              const std::optional<ModelOptions>& options,
                              const std::optional<Split>& split) = 0;

  /// Sets or (with nothing) ends the split of `alias`. kInvalidArgument if
  /// shares do not make 10000, a version is not loaded, or the versions' inputs
  /// differ.
  virtual Result<void> SetSplit(const std::string& alias,
                                const std::optional<Split>& split) = 0;

  /// Forgets `alias`: requests that wait are still run, new ones are refused.
  /// Returns when the last one has ended. kNotFound.
  virtual Result<void> Unload(const std::string& alias) = 0;

  /// What a model is served with if nobody says otherwise.
  virtual const ModelOptions& default_options() const = 0;

  /// By alias; the version that requests get, or all of them.
  virtual std::vector<ModelDescription> List() const = 0;
  virtual Result<std::vector<ModelDescription>> Versions(
      const std::string& alias) const = 0;
  /// `version` may be empty: the one that requests without a unit get.
  virtual Result<ModelDescription> Describe(
      const std::string& alias, const std::string& version) const = 0;
  /// Empty `alias`: all models.
  virtual Result<std::vector<ModelStatistics>> Statistics(
      const std::string& alias, const std::string& version) const = 0;

  /// Answers at once, on this thread, if it can be neither queued nor run, or
  /// if the model is fast and idle (see ModelVersion::kRunHereMax); else later.
  virtual void Infer(InferenceRequest request, InferenceCallback done) = 0;

  /// Refuses new requests and waits until all others are answered, or
  /// `deadline`; then what still waits is answered kUnavailable.
  virtual void Drain(std::chrono::steady_clock::time_point deadline) = 0;
};

}  // namespace skerry::agent
