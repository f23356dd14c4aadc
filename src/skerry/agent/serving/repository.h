#pragma once

#include <memory>
#include <string>
#include <vector>

#include "skerry/agent/serving/model_store.h"
#include "skerry/base/result.h"

namespace skerry::agent {

/// A folder of models, as Triton has it: `ROOT/NAME/VERSION/` is a package.
/// `ROOT/NAME/config.json`, if it is there, says how to serve it:
///
///     {"instances": 1, "threads": 1, "cores": [0], "queue": 64,
///      "batch_delay_us": 500, "isolate": false,
///      "split": {"salt": "exp-7", "arms": {"1": 9000, "2": 1000},
///                "shadow": "3"}}
///
/// Without a split the highest version (by number) is served.
///
/// Thread safety: thread-safe.
class Repository {
 public:
  struct Entry {
    std::string name;
    std::string version;
    std::string state;   ///< "READY", "UNAVAILABLE", "LOADING", "UNLOADING"
    std::string reason;  ///< why it is not ready
  };

  /// `root` may be empty: then every model is unknown, but `Index` lists what
  /// the store has.
  static Result<std::unique_ptr<Repository>> Create(std::string root,
                                                    ModelStore& store);

  virtual ~Repository() = default;

  /// What the folder and the store have.
  virtual std::vector<Entry> Index(bool ready_only) const = 0;

  /// Loads `name`, or loads it anew if it is loaded, without a failed
  /// request. `config` is JSON as above, in place of the file; may be empty.
  virtual Result<void> Load(const std::string& name,
                            const std::string& config) = 0;
  virtual Result<void> Unload(const std::string& name) = 0;
};

/// Reads a model's configuration (JSON as above). kInvalidArgument names the
/// key, what was found and what was wanted; unknown keys are refused.
struct ModelConfiguration {
  ModelOptions options;
  std::optional<Split> split;
};
Result<ModelConfiguration> ParseModelConfiguration(
    const std::string& json, const ModelOptions& defaults);

}  // namespace skerry::agent
