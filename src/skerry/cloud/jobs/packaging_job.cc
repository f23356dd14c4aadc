#include "skerry/cloud/jobs/packaging_job.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "skerry/aws/digest.h"
#include "skerry/cloud/jobs/archive_reader.h"
#include "skerry/cloud/jobs/archive_writer.h"
#include "skerry/cloud/jobs/component_recipe.h"
#include "skerry/cloud/jobs/file_digest.h"
#include "skerry/cloud/jobs/lineage.h"
#include "skerry/cloud/jobs/neo_artifact.h"
#include "skerry/model/container.h"
#include "skerry/platform/folder.h"
#include "skerry/platform/mapping.h"

namespace skerry::cloud {
namespace {

using Json = nlohmann::ordered_json;
using platform::FileDescriptor;

constexpr const char* kManifestName = "sagemaker_edge_manifest";
constexpr const char* kSignatureName = "sagemaker_edge_manifest.sig";
constexpr int kIndent = 2;

Error ClientFault(const std::string& words) {
  return InvalidArgument("ClientError: " + words);
}

Error ServerFault(const Error& error) {
  return {error.code(), "ServerError: " + error.message()};
}

std::string Print(const Json& json) {
  return json.dump(kIndent, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string Compact(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

struct PackagingRequest {
  std::string artifact_uri;
  std::string artifact_digest;  // empty: not known
  std::string compilation;
  std::string name;
  std::string version;
  std::string location;
  bool component = false;
  std::string component_config;

  std::string package_uri() const {
    return location + (location.ends_with('/') ? "" : "/") + name + "-" +
           version + ".tar.gz";
  }
};

Result<PackagingRequest> ReadRequest(const std::string& spec) {
  const Json json = Json::parse(spec, nullptr, /*allow_exceptions=*/false);
  const auto text = [](const Json& object, const char* key) {
    return object.is_object() && object.contains(key) && object[key].is_string()
               ? object[key].get<std::string>()
               : std::string();
  };
  const auto member = [](const Json& object, const char* key) {
    return object.is_object() && object.contains(key) ? object[key] : Json();
  };
  PackagingRequest request;
  request.artifact_uri =
      text(member(json, "ModelArtifacts"), "S3ModelArtifacts");
  request.artifact_digest =
      text(member(json, "ModelDigests"), "ArtifactDigest");
  request.compilation = text(json, "CompilationJobName");
  request.name = text(json, "ModelName");
  request.version = text(json, "ModelVersion");
  const Json output = member(json, "OutputConfig");
  request.location = text(output, "S3OutputLocation");
  request.component =
      text(output, "PresetDeploymentType") == "GreengrassV2Component";
  request.component_config = text(output, "PresetDeploymentConfig");
  const auto is_file_name = [](const std::string& word) {
    return !word.empty() && word.size() <= 63 && !word.contains('/');
  };
  if (request.artifact_uri.empty() || !is_file_name(request.name) ||
      !is_file_name(request.version)) {
    return Internal("ServerError: the job's request is not complete");
  }
  if (auto location = ParseObjectUri(request.location); !location) {
    return ClientFault("OutputConfiguration: " + location.error().message());
  }
  return request;
}

class PackagingRun {
 public:
  PackagingRun(const Job& job, const JobSite& site,
               const PackagingSettings& settings)
      : job_(job), site_(site), settings_(settings) {}

  JobOutcome Run() {
    const Result<void> done = Work();
    if (stopped_) return JobOutcome::Stopped();
    if (!done) {
      site_.log("failed: " + done.error().message() + "\n");
      return JobOutcome::Failed(done.error().message());
    }
    return std::move(outcome_);
  }

 private:
  std::string Path(const std::string& name) const {
    return site_.work_folder + "/" + name;
  }

  Result<void> Work() {
    SKERRY_ASSIGN_OR_RETURN(request_, ReadRequest(job_.spec));
    site_.log("packaging " + request_.artifact_uri + " as " + request_.name +
              " version " + request_.version + "\n");
    SKERRY_RETURN_IF_ERROR(Fetch());
    SKERRY_RETURN_IF_ERROR(ReadModel());
    SKERRY_RETURN_IF_ERROR(FindLineage());
    SKERRY_RETURN_IF_ERROR(Pack());
    stopped_ = site_.stop_requested();
    if (stopped_) return {};
    SKERRY_RETURN_IF_ERROR(Publish());
    return Finish();
  }

  Result<void> Fetch() {
    auto uri = ParseObjectUri(request_.artifact_uri);
    if (!uri) return ClientFault(uri.error().message());
    const auto got =
        site_.objects.Get(*uri, Path("artifact.tar.gz"), kCompiledBytesMax);
    if (!got) {
      if (got.error().code() != ErrorCode::kNotFound) {
        return ServerFault(got.error());
      }
      return ClientFault("the compilation's artifact " + request_.artifact_uri +
                         " does not exist any more; compile again");
    }
    auto file = platform::OpenForReading(Path("artifact.tar.gz"));
    if (!file) return ServerFault(file.error());
    auto digests = DigestFile(*file);
    if (!digests) return ServerFault(digests.error());
    if (!request_.artifact_digest.empty() &&
        request_.artifact_digest != "blake2b:" + digests->blake2b) {
      return ClientFault("the artifact " + request_.artifact_uri +
                         " is not what the compilation job made: its digest "
                         "is another; compile again");
    }
    artifact_ = *std::move(digests);
    if (auto made = platform::MakeFolders(Path("files")); !made) {
      return ServerFault(made.error());
    }
    auto files = ExtractArchive(*file, ArchiveLimits(), Path("files"));
    if (!files) return ClientFault("the artifact: " + files.error().message());
    files_ = *std::move(files);
    return {};
  }

  // Agents take flat packages with one compiled model.
  Result<void> ReadModel() {
    bool found = false;
    for (const ArchivedFile& file : files_) {
      if (file.path.contains('/') || file.path.starts_with(kManifestName)) {
        return ClientFault("the artifact holds '" + file.path +
                           "', which no compilation makes");
      }
      if (file.path != kCompiledModelName) continue;
      found = true;
      auto opened = platform::OpenForReading(Path("files/" + file.path));
      if (!opened) return ServerFault(opened.error());
      auto mapping = platform::Mapping::OfFile(*opened, file.byte_count);
      if (!mapping) return ServerFault(mapping.error());
      auto container = ReadContainer(mapping->bytes());
      if (!container) {
        return ClientFault("the artifact's compiled model: " +
                           container.error().message());
      }
      architecture_ = container->manifest.architecture;
    }
    if (found) return {};
    return ClientFault("the artifact has no " +
                       std::string(kCompiledModelName));
  }

  Result<void> FindLineage() {
    std::optional<ArtifactRecord> record;
    const auto read =
        settings_.database.Read([&](Transaction& transaction) -> Result<void> {
          SKERRY_ASSIGN_OR_RETURN(
              record, FindArtifact(transaction, request_.artifact_uri,
                                   artifact_.sha256));
          return {};
        });
    if (!read) return ServerFault(read.error());
    if (record) {
      lineage_ = Json::parse(record->lineage, nullptr,
                             /*allow_exceptions=*/false);
    }
    if (!lineage_.is_object()) lineage_ = Json::object();
    lineage_["artifact"]["uri"] = request_.artifact_uri;
    lineage_["artifact"]["sha256"] = artifact_.sha256;
    lineage_["compilation_job"] = request_.compilation;
    return {};
  }

  Result<void> Pack() {
    Json manifest;
    manifest["metadata"] = {{"model_name", request_.name},
                            {"model_version", request_.version}};
    std::vector<ArchiveSource> sources;
    std::map<std::string, Json> listed;
    for (const ArchivedFile& file : files_) {
      const std::string path = Path("files/" + file.path);
      auto opened = platform::OpenForReading(path);
      if (!opened) return ServerFault(opened.error());
      auto digests = DigestFile(*opened);
      if (!digests) return ServerFault(digests.error());
      listed[file.path] = {{"sha256", digests->sha256},
                           {"bytes", digests->byte_count}};
      sources.push_back({.name = file.path, .path = path});
    }
    manifest["files"] = listed;
    if (settings_.key != nullptr) key_id_ = settings_.key->key_id();
    lineage_["signature_key_id"] = key_id_;
    manifest["lineage"] = lineage_;
    const std::string text = Print(manifest);
    sources.push_back({.name = kManifestName, .text = text});
    SKERRY_RETURN_IF_ERROR(Sign(text));
    if (!signature_.empty()) {
      sources.push_back({.name = kSignatureName, .text = signature_});
    }
    const auto written =
        WriteArchive(Path("package.tar.gz"), std::move(sources));
    if (!written) return ServerFault(written.error());
    return {};
  }

  Result<void> Sign(const std::string& manifest) {
    if (settings_.key == nullptr) return {};
    auto bytes = settings_.key->Sign(std::as_bytes(std::span(manifest)));
    if (!bytes) return ServerFault(bytes.error());
    const std::string_view view(reinterpret_cast<const char*>(bytes->data()),
                                bytes->size());
    Json json;
    json["algorithm"] = std::string(settings_.key->algorithm());
    json["key_id"] = key_id_;
    json["signature"] = aws::EncodeBase64(view);
    signature_ = Print(json);
    return {};
  }

  // The version is claimed before its object is there: of two jobs that make
  // the same version differently, one is refused before it writes.
  Result<void> Publish() {
    auto file = platform::OpenForReading(Path("package.tar.gz"));
    if (!file) return ServerFault(file.error());
    auto digests = DigestFile(*file);
    if (!digests) return ServerFault(digests.error());
    package_ = *std::move(digests);
    const std::string uri_text = request_.package_uri();
    auto uri = ParseObjectUri(uri_text);
    if (!uri) return ClientFault(uri.error().message());
    SKERRY_RETURN_IF_ERROR(CheckFree(*uri));
    SKERRY_RETURN_IF_ERROR(Claim(uri_text));
    const auto put = site_.objects.Put(*uri, *file, "application/x-tar");
    if (put) return {};
    if (put.error().code() == ErrorCode::kNotFound) {
      const auto forgotten =
          settings_.database.Write([&](Transaction& transaction) {
            return ForgetModelVersion(
                transaction, {.uri = uri_text, .sha256 = package_.sha256});
          });
      if (!forgotten) return ServerFault(forgotten.error());
      return ClientFault("OutputConfiguration: " + put.error().message());
    }
    return ServerFault(put.error());
  }

  // An object that nobody recorded is not overwritten either.
  Result<void> CheckFree(const ObjectUri& uri) {
    const auto head = site_.objects.Head(uri);
    if (!head) return {};  // putting will say why, if it matters
    bool known = false;
    const auto read =
        settings_.database.Read([&](Transaction& transaction) -> Result<void> {
          known =
              GetModelVersion(transaction, request_.package_uri()).has_value();
          return {};
        });
    if (!read) return ServerFault(read.error());
    if (known || head->sha256 == package_.sha256) return {};
    return ClientFault(request_.package_uri() +
                       " exists and is no package of this server; versions do "
                       "not change, so choose another ModelVersion or "
                       "S3OutputLocation");
  }

  Result<void> Claim(const std::string& uri) {
    const ModelVersionRecord record{.uri = uri,
                                    .model_name = request_.name,
                                    .model_version = request_.version,
                                    .sha256 = package_.sha256,
                                    .artifact_sha256 = artifact_.sha256,
                                    .key_id = key_id_,
                                    .lineage = Compact(lineage_),
                                    .created = NowMicros()};
    const auto claimed =
        settings_.database.Write([&](Transaction& transaction) {
          return RecordModelVersion(transaction, record);
        });
    if (claimed) return {};
    if (claimed.error().code() == ErrorCode::kAlreadyExists) {
      return ClientFault(claimed.error().message());
    }
    return ServerFault(claimed.error());
  }

  Json DeployComponent() {
    Json output = {{"Type", "GreengrassV2Component"}};
    const auto failed = [&](const std::string& words) {
      output["Status"] = "FAILED";
      output["StatusMessage"] = words;
      return output;
    };
    const auto recipe =
        MakeComponentRecipe({.config = request_.component_config,
                             .job_name = job_.name,
                             .model_version = request_.version,
                             .architecture = architecture_,
                             .package_uri = request_.package_uri(),
                             .package_sha256 = package_.sha256});
    if (!recipe) return failed(recipe.error().message());
    const std::string name = recipe->name + "-" + recipe->version + ".json";
    const std::string uri_text = request_.location +
                                 (request_.location.ends_with('/') ? "" : "/") +
                                 name;
    const auto uri = ParseObjectUri(uri_text);
    if (!uri) return failed(uri.error().message());
    const auto written =
        platform::WriteTextFile(Path("recipe.json"), recipe->text);
    if (!written) return failed(written.error().message());
    const auto file = platform::OpenForReading(Path("recipe.json"));
    if (!file) return failed(file.error().message());
    const auto put = site_.objects.Put(*uri, *file, "application/json");
    if (!put) return failed(put.error().message());
    output["Artifact"] = uri_text;
    output["Status"] = "COMPLETED";
    output["StatusMessage"] = "the component's recipe was written";
    return output;
  }

  Result<void> Finish() {
    Json result;
    result["ModelArtifact"] = request_.package_uri();
    // What devices are told of it; describing the job shows it to nobody.
    result["Sha1"] = package_.sha1;
    if (!signature_.empty()) {
      result["ModelSignature"] =
          Compact(Json::parse(signature_, nullptr, /*allow_exceptions=*/false));
    }
    if (request_.component)
      result["PresetDeploymentOutput"] = DeployComponent();
    outcome_.end = JobOutcome::End::kCompleted;
    outcome_.result = Compact(result);
    outcome_.artifact_uri = request_.package_uri();
    outcome_.artifact_sha256 = package_.sha256;
    outcome_.lineage = Compact(lineage_);
    site_.log(
        "package: " + request_.package_uri() + ", sha256 " + package_.sha256 +
        (key_id_.empty() ? ", not signed" : ", signed by " + key_id_) + "\n");
    return {};
  }

  const Job& job_;
  const JobSite& site_;
  const PackagingSettings& settings_;
  bool stopped_ = false;
  PackagingRequest request_;
  FileDigests artifact_;
  FileDigests package_;
  std::vector<ArchivedFile> files_;
  std::string architecture_;
  Json lineage_;
  std::string key_id_;
  std::string signature_;
  JobOutcome outcome_;
};

}  // namespace

JobOutcome RunPackagingJob(const Job& job, const JobSite& site,
                           const PackagingSettings& settings) {
  return PackagingRun(job, site, settings).Run();
}

}  // namespace skerry::cloud
