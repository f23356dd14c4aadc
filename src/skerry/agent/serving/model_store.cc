#include "skerry/agent/serving/model_store.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "skerry/agent/serving/model_options.h"
#include "skerry/agent/serving/model_package.h"
#include "skerry/agent/serving/model_version.h"
#include "skerry/agent/serving/package_manifest.h"
#include "skerry/agent/serving/routing.h"
#include "skerry/agent/serving/turns.h"
#include "skerry/platform/resident.h"

namespace skerry::agent {
namespace {

using Clock = std::chrono::steady_clock;

Error NoSuchModel(std::string_view alias) {
  std::string message = "model '";
  return NotFound(message.append(alias) + "' is not loaded");
}

Error ShuttingDown() { return Unavailable("the agent is shutting down"); }

class ModelStoreImpl final : public ModelStore {
 public:
  ModelStoreImpl(Options options, telemetry::Registry& metrics,
                 const telemetry::Logger& log)
      : options_(std::move(options)), metrics_(metrics), log_(log) {}
  ~ModelStoreImpl() override;

  Result<ModelDescription> Load(
      const std::string& alias, const std::string& folder,
      const std::optional<ModelOptions>& options) override;
  Result<ModelDescription> Swap(
      const std::string& alias, const std::string& folder,
      const std::optional<ModelOptions>& options) override;
  Result<ModelDescription> AddVersion(
      const std::string& alias, const std::string& folder,
      const std::optional<ModelOptions>& options) override;
  Result<void> Deploy(const std::string& alias,
                      const std::vector<Source>& sources,
                      const std::optional<ModelOptions>& options,
                      const std::optional<Split>& split) override;
  Result<void> SetSplit(const std::string& alias,
                        const std::optional<Split>& split) override;
  Result<void> Unload(const std::string& alias) override;

  const ModelOptions& default_options() const override {
    return options_.defaults;
  }
  std::vector<ModelDescription> List() const override;
  Result<std::vector<ModelDescription>> Versions(
      const std::string& alias) const override;
  Result<ModelDescription> Describe(const std::string& alias,
                                    const std::string& version) const override;
  Result<std::vector<ModelStatistics>> Statistics(
      const std::string& alias, const std::string& version) const override;

  void Infer(InferenceRequest request, InferenceCallback done) override;
  void Drain(Clock::time_point deadline) override;

 private:
  Result<std::shared_ptr<ModelVersion>> MakeVersion(
      const std::string& alias, const Source& source,
      const std::optional<ModelOptions>& options) const;
  Result<void> Install(const std::string& alias, const Route* before,
                       const std::shared_ptr<Route>& route);
  void Retire(const std::string& alias, const Route& before,
              const Route* after) const;
  std::vector<std::shared_ptr<ModelVersion>> AllVersions() const;

  const Options options_;
  telemetry::Registry& metrics_;
  const telemetry::Logger& log_;
  RoutingTable table_;
  Turns turns_;  // of those who change an alias
  std::atomic<bool> draining_ = false;
};

ModelStoreImpl::~ModelStoreImpl() {
  Drain(Clock::now());
  const auto routes = table_.All();
  for (const auto& [alias, route] : *routes) Retire(alias, *route, nullptr);
}

Result<std::shared_ptr<ModelVersion>> ModelStoreImpl::MakeVersion(
    const std::string& alias, const Source& source,
    const std::optional<ModelOptions>& options) const {
  if (draining_) return ShuttingDown();
  if (!IsModelAlias(alias)) {
    return InvalidArgument(
        "the model's alias must be 1 to 255 letters, digits and hyphens, and "
        "begin and end with a letter or digit");
  }
  ModelVersion::Source made;
  made.alias = alias;
  made.options = options.value_or(options_.defaults);
  made.options.isolate |= options_.isolate_all;
  made.worker_program = options_.worker_program;
  SKERRY_RETURN_IF_ERROR(CheckModelOptions(made.options));
  SKERRY_ASSIGN_OR_RETURN(
      made.package, ReadModelPackage(source.folder, options_.roots.get()));
  made.version = source.version.empty() ? made.package.version : source.version;
  SKERRY_RETURN_IF_ERROR(CheckPackageVersion(made.version));
  return ModelVersion::Create(std::move(made), metrics_);
}

// Sends requests along `route` from now on, and ends what it leaves out of
// `before`, which may be null.
Result<void> ModelStoreImpl::Install(const std::string& alias,
                                     const Route* before,
                                     const std::shared_ptr<Route>& route) {
  if (route->versions.size() > kVersionCountMax) {
    return ResourceExhausted("model '" + alias + "' would have " +
                             std::to_string(route->versions.size()) +
                             " versions, limit is " +
                             std::to_string(kVersionCountMax));
  }
  SKERRY_RETURN_IF_ERROR(ApplySplit(alias, before, metrics_, *route));
  if (!table_.Set(alias, route)) {
    if (route->shadow != nullptr) route->shadow->Stop();
    return ResourceExhausted("there are " + std::to_string(kModelCountMax) +
                             " models already, the limit");
  }
  for (const auto& version : route->versions) {
    if (before != nullptr && before->Find(version->name()) == version) continue;
    const ModelDescription description = version->Describe();
    log_.Info("model_loaded", {{"alias", alias},
                               {"version", description.version},
                               {"folder", description.folder}});
  }
  if (before != nullptr) Retire(alias, *before, route.get());
  return {};
}

// Waits for the requests of what `after` does not have.
void ModelStoreImpl::Retire(const std::string& alias, const Route& before,
                            const Route* after) const {
  if (before.shadow != nullptr &&
      (after == nullptr || after->shadow != before.shadow)) {
    before.shadow->Stop();
  }
  for (const auto& version : before.versions) {
    if (after != nullptr && after->Find(version->name()) == version) continue;
    version->Finish();
    log_.Info("model_unloaded",
              {{"alias", alias}, {"version", version->name()}});
  }
  platform::ReleaseFreePages();
}

Result<ModelDescription> ModelStoreImpl::Load(
    const std::string& alias, const std::string& folder,
    const std::optional<ModelOptions>& options) {
  const Turns::Turn turn = turns_.Take(alias);
  if (table_.Find(alias) != nullptr) {
    return AlreadyExists("model '" + alias + "' is loaded already");
  }
  auto route = std::make_shared<Route>();
  SKERRY_ASSIGN_OR_RETURN(route->current,
                          MakeVersion(alias, {folder, ""}, options));
  route->versions = {route->current};
  SKERRY_RETURN_IF_ERROR(Install(alias, nullptr, route));
  return route->current->Describe();
}

Result<ModelDescription> ModelStoreImpl::Swap(
    const std::string& alias, const std::string& folder,
    const std::optional<ModelOptions>& options) {
  const Turns::Turn turn = turns_.Take(alias);
  const std::shared_ptr<const Route> before = table_.Find(alias);
  SKERRY_ASSIGN_OR_RETURN(std::shared_ptr<ModelVersion> version,
                          MakeVersion(alias, {folder, ""}, options));
  auto route = std::make_shared<Route>();
  route->current = version;
  route->versions = {version};
  for (const auto& old :
       before ? before->versions : decltype(route->versions){}) {
    const bool replaced = old->name() == version->name();
    const bool in_split = std::ranges::any_of(before->arms,
                                              [&](const Route::Arm& arm) {
                                                return arm.version == old;
                                              }) ||
                          before->shadow_version == old;
    if (replaced || (old == before->current && !in_split)) continue;
    route->versions.push_back(old);
  }
  if (before) route->split = before->split;
  SKERRY_RETURN_IF_ERROR(Install(alias, before.get(), route));
  return version->Describe();
}

Result<ModelDescription> ModelStoreImpl::AddVersion(
    const std::string& alias, const std::string& folder,
    const std::optional<ModelOptions>& options) {
  const Turns::Turn turn = turns_.Take(alias);
  const std::shared_ptr<const Route> before = table_.Find(alias);
  if (before == nullptr) return NoSuchModel(alias);
  SKERRY_ASSIGN_OR_RETURN(const std::shared_ptr<ModelVersion> version,
                          MakeVersion(alias, {folder, ""}, options));
  if (before->Find(version->name()) != nullptr) {
    return AlreadyExists("model '" + alias + "' has version '" +
                         version->name() + "' already");
  }
  auto route = std::make_shared<Route>(*before);
  route->versions.push_back(version);
  SKERRY_RETURN_IF_ERROR(Install(alias, before.get(), route));
  return version->Describe();
}

Result<void> ModelStoreImpl::Deploy(const std::string& alias,
                                    const std::vector<Source>& sources,
                                    const std::optional<ModelOptions>& options,
                                    const std::optional<Split>& split) {
  if (sources.empty()) return InvalidArgument("there is no version to deploy");
  const Turns::Turn turn = turns_.Take(alias);
  const std::shared_ptr<const Route> before = table_.Find(alias);
  auto route = std::make_shared<Route>();
  for (const Source& source : sources) {
    SKERRY_ASSIGN_OR_RETURN(std::shared_ptr<ModelVersion> version,
                            MakeVersion(alias, source, options));
    if (route->Find(version->name()) != nullptr) {
      return InvalidArgument("model '" + alias + "': version '" +
                             version->name() + "' is there twice");
    }
    route->versions.push_back(std::move(version));
  }
  route->current = route->versions.front();
  route->split = split;
  return Install(alias, before.get(), route);
}

Result<void> ModelStoreImpl::SetSplit(const std::string& alias,
                                      const std::optional<Split>& split) {
  const Turns::Turn turn = turns_.Take(alias);
  const std::shared_ptr<const Route> before = table_.Find(alias);
  if (before == nullptr) return NoSuchModel(alias);
  auto route = std::make_shared<Route>(*before);
  route->split = split;
  return Install(alias, before.get(), route);
}

Result<void> ModelStoreImpl::Unload(const std::string& alias) {
  const Turns::Turn turn = turns_.Take(alias);
  const std::shared_ptr<const Route> before = table_.Find(alias);
  if (before == nullptr) return NoSuchModel(alias);
  table_.Set(alias, nullptr);
  Retire(alias, *before, nullptr);
  return {};
}

std::vector<ModelDescription> ModelStoreImpl::List() const {
  std::vector<ModelDescription> descriptions;
  const auto routes = table_.All();
  for (const auto& [alias, route] : *routes) {
    descriptions.push_back(route->standard()->Describe());
  }
  return descriptions;
}

Result<std::vector<ModelDescription>> ModelStoreImpl::Versions(
    const std::string& alias) const {
  const std::shared_ptr<const Route> route = table_.Find(alias);
  if (route == nullptr) return NoSuchModel(alias);
  std::vector<ModelDescription> descriptions;
  for (const auto& version : route->versions) {
    descriptions.push_back(version->Describe());
  }
  return descriptions;
}

Result<ModelDescription> ModelStoreImpl::Describe(
    const std::string& alias, const std::string& version) const {
  const std::shared_ptr<const Route> route = table_.Find(alias);
  if (route == nullptr) return NoSuchModel(alias);
  if (version.empty()) return route->standard()->Describe();
  const std::shared_ptr<ModelVersion> found = route->Find(version);
  if (found == nullptr) {
    return NotFound("model '" + alias + "' has no version '" + version + "'");
  }
  return found->Describe();
}

Result<std::vector<ModelStatistics>> ModelStoreImpl::Statistics(
    const std::string& alias, const std::string& version) const {
  std::vector<ModelStatistics> statistics;
  const auto routes = table_.All();
  if (!alias.empty() && !routes->contains(alias)) return NoSuchModel(alias);
  for (const auto& [name, route] : *routes) {
    if (!alias.empty() && name != alias) continue;
    for (const auto& candidate : route->versions) {
      if (!version.empty() && candidate->name() != version) continue;
      statistics.push_back(candidate->statistics());
    }
  }
  if (statistics.empty() && !version.empty()) {
    return NotFound("model '" + alias + "' has no version '" + version + "'");
  }
  return statistics;
}

void ModelStoreImpl::Infer(InferenceRequest request, InferenceCallback done) {
  RequestList list;
  PendingRequest& pending = list.emplace_back();
  pending.request = std::move(request);
  pending.done = std::move(done);
  pending.accepted = Clock::now();
  // A version that closes between being found and being asked has a successor
  // in the table by then, or none: at most a few rounds.
  while (true) {
    if (draining_) return pending.done(ShuttingDown());
    const std::shared_ptr<const Route> route =
        table_.Find(pending.request.model);
    if (route == nullptr) {
      return pending.done(NoSuchModel(pending.request.model));
    }
    const auto version = route->Choose(pending);
    if (!version) return pending.done(version.error());
    if ((*version)->Accept(list)) return;
  }
}

std::vector<std::shared_ptr<ModelVersion>> ModelStoreImpl::AllVersions() const {
  std::vector<std::shared_ptr<ModelVersion>> versions;
  const auto routes = table_.All();
  for (const auto& [alias, route] : *routes) {
    versions.insert(versions.end(), route->versions.begin(),
                    route->versions.end());
  }
  return versions;
}

void ModelStoreImpl::Drain(Clock::time_point deadline) {
  draining_ = true;
  const auto versions = AllVersions();
  for (const auto& version : versions) version->Close();
  for (const auto& version : versions) version->WaitUntilIdle(deadline);
  for (const auto& version : versions) version->RefuseWaiting();
}

}  // namespace

Result<std::unique_ptr<ModelStore>> ModelStore::Create(
    Options options, telemetry::Registry& metrics,
    const telemetry::Logger& log) {
  SKERRY_RETURN_IF_ERROR(CheckModelOptions(options.defaults));
  return std::make_unique<ModelStoreImpl>(std::move(options), metrics, log);
}

}  // namespace skerry::agent
