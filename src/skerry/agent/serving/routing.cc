#include "skerry/agent/serving/routing.h"

#include <utility>

#include "skerry/agent/serving/split.h"

namespace skerry::agent {
namespace {

std::string VersionNames(const Route& route) {
  std::string names;
  for (const auto& version : route.versions) {
    if (!names.empty()) names += ", ";
    names += "'" + version->name() + "'";
  }
  return names;
}

Result<std::shared_ptr<ModelVersion>> FindForSplit(const Route& route,
                                                   const std::string& name) {
  std::shared_ptr<ModelVersion> version = route.Find(name);
  if (version == nullptr) {
    return InvalidArgument("the split has version '" + name +
                           "', which is not loaded; there is " +
                           VersionNames(route));
  }
  const ModelVersion& first =
      route.arms.empty() ? *version : *route.arms.front().version;
  if (version->contract().manifest().inputs !=
      first.contract().manifest().inputs) {
    return InvalidArgument("the inputs of version '" + name +
                           "' are not those of version '" + first.name() + "'");
  }
  return version;
}

Result<void> ApplyShadow(const Route* before, telemetry::Registry& registry,
                         Route& route) {
  SKERRY_ASSIGN_OR_RETURN(route.shadow_version,
                          FindForSplit(route, route.split->shadow));
  if (before != nullptr && before->shadow_version == route.shadow_version) {
    route.shadow = before->shadow;
    return {};
  }
  SKERRY_ASSIGN_OR_RETURN(route.shadow,
                          route.shadow_version->MakeShadow(registry));
  return {};
}

}  // namespace

std::shared_ptr<ModelVersion> Route::Find(std::string_view version) const {
  for (const auto& candidate : versions) {
    if (candidate->name() == version) return candidate;
  }
  return nullptr;
}

Result<std::shared_ptr<ModelVersion>> Route::Choose(
    PendingRequest& pending) const {
  const InferenceRequest& request = pending.request;
  pending.shadow = nullptr;
  if (!request.version.empty()) {
    std::shared_ptr<ModelVersion> version = Find(request.version);
    if (version == nullptr) {
      return NotFound("model '" + request.model + "' has no version '" +
                      request.version + "'; it has " + VersionNames(*this));
    }
    pending.metrics = version->request_metrics();
    return version;
  }
  pending.shadow = shadow;
  if (arms.empty()) {
    pending.metrics = current->request_metrics();
    return current;
  }
  const Arm& arm = arms[ArmOf(*split, request.unit)];
  pending.metrics = arm.metrics;
  return arm.version;
}

Result<void> ApplySplit(const std::string& alias, const Route* before,
                        telemetry::Registry& registry, Route& route) {
  route.arms.clear();
  route.shadow = nullptr;
  route.shadow_version = nullptr;
  if (!route.split) return {};
  SKERRY_RETURN_IF_ERROR(CheckSplit(*route.split));
  for (std::size_t i = 0; i < route.split->arms.size(); ++i) {
    const std::string& name = route.split->arms[i].version;
    SKERRY_ASSIGN_OR_RETURN(std::shared_ptr<ModelVersion> version,
                            FindForSplit(route, name));
    route.arms.push_back(
        {std::move(version), std::make_shared<RequestMetrics>(
                                 registry, alias, name, std::to_string(i))});
  }
  if (route.split->shadow.empty()) return {};
  return ApplyShadow(before, registry, route);
}

RoutingTable::RoutingTable() {
  const auto empty = std::make_shared<const Routes>();
  for (Shard& shard : shards_) shard.routes = empty;
}

const RoutingTable::Shard& RoutingTable::OwnShard() const {
  static std::atomic<std::size_t> next = 0;
  thread_local const std::size_t kOwn =
      next.fetch_add(1, std::memory_order_relaxed) % kShardCount;
  return shards_[kOwn];
}

std::shared_ptr<const Route> RoutingTable::Find(std::string_view alias) const {
  const Shard& shard = OwnShard();
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.routes->find(alias);
  return found == shard.routes->end() ? nullptr : found->second;
}

std::shared_ptr<const RoutingTable::Routes> RoutingTable::All() const {
  const Shard& shard = OwnShard();
  const std::lock_guard lock(shard.mutex);
  return shard.routes;
}

bool RoutingTable::Set(const std::string& alias,
                       std::shared_ptr<const Route> route) {
  const std::lock_guard writing(write_mutex_);
  auto routes = std::make_shared<Routes>(*All());
  routes->erase(alias);
  if (route != nullptr) {
    if (routes->size() >= kModelCountMax) return false;
    routes->emplace(alias, std::move(route));
  }
  // What the old table alone holds goes outside of the shards' locks.
  std::shared_ptr<const Routes> old = All();
  for (Shard& shard : shards_) {
    std::shared_ptr<const Routes> copy = routes;
    const std::lock_guard lock(shard.mutex);
    shard.routes.swap(copy);
  }
  return true;
}

}  // namespace skerry::agent
