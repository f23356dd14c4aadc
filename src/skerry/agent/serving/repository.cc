#include "skerry/agent/serving/repository.h"

#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "skerry/agent/serving/package_files.h"
#include "skerry/agent/serving/repository_files.h"
#include "skerry/platform/errno_error.h"
#include "skerry/platform/file.h"

namespace skerry::agent {
namespace {

using platform::Quoted;

constexpr char kConfigurationName[] = "config.json";
constexpr std::size_t kConfigurationFileBytesMax = std::size_t{64} << 10;

class RepositoryImpl final : public Repository {
 public:
  RepositoryImpl(std::string root, ModelStore& store)
      : root_(std::move(root)), store_(store) {}

  std::vector<Entry> Index(bool ready_only) const override;
  Result<void> Load(const std::string& name,
                    const std::string& config) override;
  Result<void> Unload(const std::string& name) override;

 private:
  // What is said of versions that are not ready.
  struct Status {
    std::string state;
    std::string reason;
  };

  Result<std::string> FolderOf(const std::string& name) const;
  Result<void> Deploy(const std::string& name, const std::string& config);
  Status StatusOf(const std::string& name) const;
  void SetStatus(const std::string& name, std::optional<Status> status);

  const std::string root_;  // absolute, or empty
  ModelStore& store_;
  mutable std::mutex mutex_;
  std::map<std::string, Status> statuses_;
};

// The configuration that counts: the caller's, or the file's, or none.
Result<std::string> ConfigurationText(const std::string& folder,
                                      const std::string& given) {
  if (!given.empty()) return given;
  const std::string path = folder + "/" + kConfigurationName;
  auto text = platform::ReadTextFile(path, kConfigurationFileBytesMax);
  if (!text && text.error().code() == ErrorCode::kNotFound) return "";
  return text;
}

// The versions to deploy, the one that gets requests first.
Result<std::vector<ModelStore::Source>> ChooseVersions(
    const std::string& folder, const std::optional<Split>& split) {
  const std::vector<std::string> versions = ListVersions(folder);
  if (versions.empty()) {
    return NotFound("there is no version (a folder named 1, 2, ...) in " +
                    Quoted(folder));
  }
  std::vector<std::string> chosen;
  if (split) {
    for (const Split::Arm& arm : split->arms) chosen.push_back(arm.version);
    if (!split->shadow.empty()) chosen.push_back(split->shadow);
  } else {
    chosen.push_back(versions.back());
  }
  std::vector<ModelStore::Source> sources;
  for (const std::string& version : chosen) {
    if (std::ranges::find(versions, version) == versions.end()) {
      return NotFound("the split has version '" + version +
                      "', but there is no such folder in " + Quoted(folder));
    }
    sources.push_back({folder + "/" + version, version});
  }
  return sources;
}

Result<std::string> RepositoryImpl::FolderOf(const std::string& name) const {
  if (root_.empty()) {
    return NotFound("there is no model repository, so no model '" + name +
                    "'; start the agent with one");
  }
  // Which also keeps the name from leading elsewhere.
  if (!IsModelAlias(name)) {
    return NotFound(
        "the model repository has no such model: names are "
        "letters, digits and hyphens");
  }
  auto folder = AbsoluteFolder(root_ + "/" + name);
  if (!folder) return folder;
  if (!folder->starts_with(root_ + "/")) {
    return FailedPrecondition(Quoted(root_ + "/" + name) +
                              " is a link that leads out of the repository");
  }
  return folder;
}

Result<void> RepositoryImpl::Deploy(const std::string& name,
                                    const std::string& config) {
  SKERRY_ASSIGN_OR_RETURN(const std::string folder, FolderOf(name));
  SKERRY_ASSIGN_OR_RETURN(const std::string text,
                          ConfigurationText(folder, config));
  SKERRY_ASSIGN_OR_RETURN(
      const ModelConfiguration configuration,
      ParseModelConfiguration(text, store_.default_options()));
  SKERRY_ASSIGN_OR_RETURN(const std::vector<ModelStore::Source> sources,
                          ChooseVersions(folder, configuration.split));
  return store_.Deploy(name, sources, configuration.options,
                       configuration.split);
}

Result<void> RepositoryImpl::Load(const std::string& name,
                                  const std::string& config) {
  SKERRY_RETURN_IF_ERROR(FolderOf(name));  // others get no status
  SetStatus(name, Status{"LOADING", ""});
  auto deployed = Deploy(name, config);
  SetStatus(name, deployed ? std::nullopt
                           : std::optional(Status{"UNAVAILABLE",
                                                  deployed.error().message()}));
  return deployed;
}

Result<void> RepositoryImpl::Unload(const std::string& name) {
  if (!store_.Describe(name, "")) {
    return NotFound("model '" + name + "' is not loaded");
  }
  SetStatus(name, Status{"UNLOADING", ""});
  auto unloaded = store_.Unload(name);
  SetStatus(name, Status{"UNAVAILABLE", "unloaded"});
  return unloaded;
}

RepositoryImpl::Status RepositoryImpl::StatusOf(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = statuses_.find(name);
  return found == statuses_.end() ? Status{"UNAVAILABLE", "not loaded"}
                                  : found->second;
}

void RepositoryImpl::SetStatus(const std::string& name,
                               std::optional<Status> status) {
  // What is not in the folder is gone once it is unloaded.
  const bool kept = status.has_value() && FolderOf(name).has_value();
  const std::lock_guard lock(mutex_);
  statuses_.erase(name);
  if (kept) statuses_.emplace(name, *std::move(status));
}

std::vector<Repository::Entry> RepositoryImpl::Index(bool ready_only) const {
  std::vector<Entry> entries;
  std::set<std::pair<std::string, std::string>> ready;
  for (const ModelDescription& model : store_.List()) {
    const auto versions = store_.Versions(model.alias);
    if (!versions) continue;  // unloaded meanwhile
    for (const ModelDescription& version : *versions) {
      entries.push_back({version.alias, version.version, "READY", ""});
      ready.emplace(version.alias, version.version);
    }
  }
  if (!ready_only && !root_.empty()) {
    for (const std::string& name : ListModels(root_)) {
      for (const std::string& version : ListVersions(root_ + "/" + name)) {
        if (ready.contains({name, version})) continue;
        const Status status = StatusOf(name);
        entries.push_back({name, version, status.state, status.reason});
      }
    }
  }
  // Versions are numbers, or whatever the packages of others say.
  std::ranges::sort(entries, {}, [](const Entry& entry) {
    return std::tuple(std::string_view(entry.name), entry.version.size(),
                      std::string_view(entry.version));
  });
  return entries;
}

}  // namespace

Result<std::unique_ptr<Repository>> Repository::Create(std::string root,
                                                       ModelStore& store) {
  if (!root.empty()) {
    SKERRY_ASSIGN_OR_RETURN(root, AbsoluteFolder(root));
    struct stat status{};
    if (stat(root.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) {
      return InvalidArgument("the model repository " + Quoted(root) +
                             " is no folder");
    }
  }
  return std::make_unique<RepositoryImpl>(std::move(root), store);
}

}  // namespace skerry::agent
