#include "skerry/agent/serving/model_package.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "skerry/agent/serving/package_files.h"
#include "skerry/agent/serving/package_manifest.h"
#include "skerry/model/container.h"
#include "skerry/platform/errno_error.h"
#include "skerry/platform/file.h"
#include "skerry/platform/mapping.h"
#include "skerry/runtime/model.h"

namespace skerry::agent {
namespace {

using platform::Quoted;

constexpr std::string_view kManifestName = "sagemaker_edge_manifest";
constexpr std::string_view kSignatureName = "sagemaker_edge_manifest.sig";
constexpr std::size_t kSignatureFileBytesMax = std::size_t{64} << 10;
constexpr std::string_view kModelSuffix = ".so";

std::string Join(const std::string& folder, std::string_view name) {
  std::string path = folder + "/";
  return path.append(name);
}

// Whatever is wrong in a package that is there is one kind of error, unless it
// is this machine that lacks something.
Error Damaged(const Error& error, const std::string& path) {
  if (error.code() == ErrorCode::kResourceExhausted) return error;
  return FailedPrecondition(Quoted(path) + ": " + error.message());
}

Result<platform::Mapping> MapPackageFile(const std::string& folder,
                                         const std::string& name) {
  SKERRY_ASSIGN_OR_RETURN(const platform::FileDescriptor file,
                          OpenPackageFile(folder, name));
  SKERRY_ASSIGN_OR_RETURN(const std::size_t byte_count,
                          platform::FileBytes(file));
  if (byte_count == 0) return platform::Mapping();
  if (byte_count > runtime::kModelFileBytesMax) {
    return FailedPrecondition(Quoted(Join(folder, name)) + " has " +
                              std::to_string(byte_count) + " bytes, limit is " +
                              std::to_string(runtime::kModelFileBytesMax));
  }
  return platform::Mapping::OfFile(file, byte_count);
}

// Reads and checks one package, step by step.
class PackageReader {
 public:
  PackageReader(std::string folder, std::vector<std::string> names)
      : names_(std::move(names)) {
    package_.folder = std::move(folder);
  }

  Result<ModelPackage> Read(const trust::TrustRoots* roots) && {
    SKERRY_RETURN_IF_ERROR(ReadManifest(roots != nullptr));
    if (roots != nullptr) {
      SKERRY_RETURN_IF_ERROR(CheckSignature(*roots));
      SKERRY_RETURN_IF_ERROR(CheckFiles());
      package_.is_signed = true;
    }
    SKERRY_RETURN_IF_ERROR(FindModel());
    package_.name =
        manifest_.has_value() ? manifest_->name : package_.manifest.model_name;
    package_.version = manifest_.has_value() ? manifest_->version : "1";
    return std::move(package_);
  }

 private:
  bool Has(std::string_view name) const {
    return std::ranges::binary_search(names_, name);
  }
  std::string PathOf(std::string_view name) const {
    return Join(package_.folder, name);
  }

  Result<void> ReadManifest(bool required) {
    if (!Has(kManifestName)) {
      if (!required) return {};
      return FailedPrecondition("the package must be signed, but there is no " +
                                Quoted(PathOf(kManifestName)));
    }
    const std::string path = PathOf(kManifestName);
    auto text = platform::ReadTextFile(path, kPackageManifestBytesMax);
    if (!text) return Damaged(text.error(), path);
    manifest_text_ = *std::move(text);
    auto manifest = ParsePackageManifest(manifest_text_);
    if (!manifest) return Damaged(manifest.error(), path);
    manifest_ = *std::move(manifest);
    return {};
  }

  Result<void> CheckSignature(const trust::TrustRoots& roots) const {
    const std::string path = PathOf(kSignatureName);
    if (!Has(kSignatureName)) {
      return FailedPrecondition("the package must be signed, but there is no " +
                                Quoted(path));
    }
    const auto text = platform::ReadTextFile(path, kSignatureFileBytesMax);
    if (!text) return Damaged(text.error(), path);
    const auto signature = ParsePackageSignature(*text);
    if (!signature) return Damaged(signature.error(), path);
    const auto verified = roots.Verify(signature->algorithm,
                                       std::as_bytes(std::span(manifest_text_)),
                                       signature->signature);
    if (!verified) return Damaged(verified.error(), path);
    return {};
  }

  // Every file is listed, and is what the list says.
  Result<void> CheckFiles() const {
    for (const std::string& name : names_) {
      if (name == kManifestName || name == kSignatureName) continue;
      if (!manifest_->files.contains(name)) {
        return FailedPrecondition(Quoted(PathOf(name)) +
                                  ": the package's manifest does not list it");
      }
    }
    for (const auto& [name, listed] : manifest_->files) {
      SKERRY_RETURN_IF_ERROR(CheckFile(name, listed));
    }
    return {};
  }

  Result<void> CheckFile(const std::string& name,
                         const PackageManifest::File& listed) const {
    const std::string path = PathOf(name);
    if (!Has(name)) {
      return FailedPrecondition(Quoted(path) +
                                ": the package's manifest lists it, but it is "
                                "not there");
    }
    const auto mapping = MapPackageFile(package_.folder, name);
    if (!mapping) return Damaged(mapping.error(), path);
    const std::span<const std::byte> bytes = mapping->bytes();
    if (bytes.size() != listed.bytes) {
      return FailedPrecondition(Quoted(path) + " has " +
                                std::to_string(bytes.size()) +
                                " bytes, the package's manifest says " +
                                std::to_string(listed.bytes));
    }
    if (trust::Sha256Hex(bytes) != listed.sha256) {
      return FailedPrecondition(
          Quoted(path) + ": its SHA-256 is not that of the package's manifest");
    }
    return {};
  }

  // Packages may hold shared libraries of others, which have no footer.
  Result<void> FindModel() {
    for (const std::string& name : names_) {
      if (!name.ends_with(kModelSuffix)) continue;
      const std::string path = PathOf(name);
      const auto mapping = MapPackageFile(package_.folder, name);
      if (!mapping) return Damaged(mapping.error(), path);
      auto container = ReadContainer(mapping->bytes());
      if (!container) {
        if (container.error().code() == ErrorCode::kInvalidArgument) continue;
        return Damaged(container.error(), path);
      }
      if (!package_.model_path.empty()) {
        return FailedPrecondition("the package has several compiled models: " +
                                  Quoted(package_.model_path) + " and " +
                                  Quoted(path));
      }
      package_.model_path = path;
      package_.manifest = std::move(container->manifest);
    }
    if (package_.model_path.empty()) {
      return NotFound(
          "there is no compiled model (a .so that `skerry "
          "compile` made) in " +
          Quoted(package_.folder));
    }
    return {};
  }

  ModelPackage package_;
  std::vector<std::string> names_;
  std::string manifest_text_;
  std::optional<PackageManifest> manifest_;
};

Result<void> WriteSignature(const std::string& folder,
                            const std::string& manifest_text,
                            const trust::SigningKey& key) {
  PackageSignature signature;
  signature.algorithm = key.algorithm();
  SKERRY_ASSIGN_OR_RETURN(signature.signature,
                          key.Sign(std::as_bytes(std::span(manifest_text))));
  return platform::WriteTextFile(Join(folder, kSignatureName),
                                 PrintPackageSignature(signature));
}

// A folder that becomes a package at once, when it is whole, or goes away.
class PartialPackage {
 public:
  // kAlreadyExists if there is something at `folder`. It is made at once, so
  // that nobody else makes it meanwhile.
  static Result<PartialPackage> Create(const std::string& folder) {
    std::string path = folder;
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
    PartialPackage partial(path);
    const std::string what = "cannot make " + Quoted(folder);
    constexpr mode_t kFolderMode = 0755;
    if (mkdir(path.c_str(), kFolderMode) != 0) {
      const int number = errno;
      partial.folder_.clear();
      return platform::ErrnoError(number, what);
    }
    if (mkdir(partial.path_.c_str(), kFolderMode) != 0) {
      return platform::ErrnoError(errno, what);
    }
    return partial;
  }

  PartialPackage(PartialPackage&& other) noexcept
      : folder_(std::exchange(other.folder_, {})),
        path_(std::move(other.path_)) {}
  PartialPackage& operator=(PartialPackage&&) = delete;
  ~PartialPackage() {
    if (folder_.empty()) return;
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
    rmdir(folder_.c_str());
  }

  const std::string& path() const { return path_; }

  Result<void> Finish() && {
    if (rename(path_.c_str(), folder_.c_str()) != 0) {
      return platform::ErrnoError(errno, "cannot make " + Quoted(folder_));
    }
    folder_.clear();
    return {};
  }

 private:
  explicit PartialPackage(const std::string& folder)
      : folder_(folder),
        path_(folder + ".partial-" + std::to_string(getpid())) {}

  std::string folder_;
  std::string path_;
};

Result<void> WriteFiles(const std::string& folder,
                        const PackageManifest& manifest,
                        std::span<const std::byte> model,
                        const trust::SigningKey* key) {
  const std::string& model_name = manifest.files.begin()->first;
  SKERRY_RETURN_IF_ERROR(platform::WriteFile(Join(folder, model_name), model));
  const std::string text = PrintPackageManifest(manifest);
  SKERRY_RETURN_IF_ERROR(
      platform::WriteTextFile(Join(folder, kManifestName), text));
  return key == nullptr ? Result<void>() : WriteSignature(folder, text, *key);
}

std::string FileNameOf(const std::string& path) {
  std::string name = path.substr(path.rfind('/') + 1);
  if (!name.ends_with(kModelSuffix)) name += kModelSuffix;
  return name;
}

}  // namespace

Result<ModelPackage> ReadModelPackage(const std::string& folder,
                                      const trust::TrustRoots* roots) {
  SKERRY_ASSIGN_OR_RETURN(std::string absolute, AbsoluteFolder(folder));
  SKERRY_ASSIGN_OR_RETURN(std::vector<std::string> names,
                          ListPackage(absolute));
  return PackageReader(std::move(absolute), std::move(names)).Read(roots);
}

Result<void> WriteModelPackage(const std::string& folder,
                               const std::string& model_path,
                               const std::string& name,
                               const std::string& version,
                               const trust::SigningKey* key) {
  SKERRY_RETURN_IF_ERROR(CheckPackageName(name));
  SKERRY_RETURN_IF_ERROR(CheckPackageVersion(version));
  SKERRY_ASSIGN_OR_RETURN(
      const std::vector<std::byte> model,
      platform::ReadFile(model_path, runtime::kModelFileBytesMax));
  if (auto container = ReadContainer(model); !container) {
    return container.error().WithContext(Quoted(model_path));
  }
  PackageManifest manifest{name, version, {}};
  manifest.files[FileNameOf(model_path)] = {trust::Sha256Hex(model),
                                            model.size()};
  SKERRY_ASSIGN_OR_RETURN(PartialPackage partial,
                          PartialPackage::Create(folder));
  SKERRY_RETURN_IF_ERROR(WriteFiles(partial.path(), manifest, model, key));
  return std::move(partial).Finish();
}

}  // namespace skerry::agent
