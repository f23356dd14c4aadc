#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "skerry/agent/serving/model_store.h"
#include "skerry/agent/serving/model_version.h"
#include "skerry/agent/serving/shadow.h"
#include "skerry/base/result.h"

namespace skerry::agent {

/// Where the requests to one alias go.
///
/// Thread safety: immutable once it is in a RoutingTable.
struct Route {
  struct Arm {
    std::shared_ptr<ModelVersion> version;
    std::shared_ptr<RequestMetrics> metrics;
  };

  std::vector<std::shared_ptr<ModelVersion>> versions;
  /// Gets requests that name no version, unless there is a split.
  std::shared_ptr<ModelVersion> current;
  std::optional<Split> split;
  std::vector<Arm> arms;  ///< as in `split`
  std::shared_ptr<ModelVersion> shadow_version;
  std::shared_ptr<Shadow> shadow;

  /// Null if there is none.
  std::shared_ptr<ModelVersion> Find(std::string_view version) const;
  /// The one that requests without a version and without a unit get.
  const std::shared_ptr<ModelVersion>& standard() const {
    return arms.empty() ? current : arms.front().version;
  }

  /// Points `pending` at its version's metrics and shadow, and returns the
  /// version: the one that the request names, or the one that the alias
  /// gives it. kNotFound lists the versions.
  Result<std::shared_ptr<ModelVersion>> Choose(PendingRequest& pending) const;
};

/// Fills `route.arms` and `route.shadow` as `route.split` says. A shadow of
/// `before` (may be null) is kept if its version is.
///
/// Errors: kInvalidArgument for a split that is wrong, names a version that
/// `route` lacks, or versions whose inputs differ.
Result<void> ApplySplit(const std::string& alias, const Route* before,
                        telemetry::Registry& registry, Route& route);

/// Which route each alias has. Readers share no cache line unless they are
/// many, and are never held up by more than the copy of a pointer; a write
/// costs more, but is rare.
///
/// Thread safety: thread-safe.
class RoutingTable {
 public:
  using Routes =
      std::map<std::string, std::shared_ptr<const Route>, std::less<>>;

  RoutingTable();

  /// Null if there is none.
  std::shared_ptr<const Route> Find(std::string_view alias) const;
  std::shared_ptr<const Routes> All() const;

  /// Puts `route` in place of what `alias` has; null: takes that away. False
  /// if there are kModelCountMax others already.
  bool Set(const std::string& alias, std::shared_ptr<const Route> route);

 private:
  static constexpr std::size_t kShardCount = 8;
  static constexpr std::size_t kLineBytes = 64;

  // Each shard has the same pointer; a thread always reads the same shard.
  struct alignas(kLineBytes) Shard {
    mutable std::mutex mutex;
    std::shared_ptr<const Routes> routes;
  };

  const Shard& OwnShard() const;

  std::array<Shard, kShardCount> shards_;
  std::mutex write_mutex_;
};

}  // namespace skerry::agent
