#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "skerry/base/result.h"

namespace skerry::agent {

/// What `sagemaker_edge_manifest` says; see ModelPackage.
struct PackageManifest {
  struct File {
    std::string sha256;  ///< lower-case hexadecimal
    std::uint64_t bytes = 0;

    friend bool operator==(const File&, const File&) = default;
  };
  std::string name;     ///< 1 to 255 printable characters
  std::string version;  ///< 1 to 64 printable characters without '/'
  std::map<std::string, File> files;

  friend bool operator==(const PackageManifest&,
                         const PackageManifest&) = default;
};

/// What `sagemaker_edge_manifest.sig` says.
struct PackageSignature {
  std::string algorithm;
  std::vector<std::byte> signature;
};

/// Reads the JSON form. Keys that others add are let be. kInvalidArgument
/// names the key, found and wanted.
Result<PackageManifest> ParsePackageManifest(std::string_view text);
Result<PackageSignature> ParsePackageSignature(std::string_view text);

/// The JSON forms; what is printed can be read again.
std::string PrintPackageManifest(const PackageManifest& manifest);
std::string PrintPackageSignature(const PackageSignature& signature);

/// kInvalidArgument if a package may not have that name, or that version.
Result<void> CheckPackageName(std::string_view name);
Result<void> CheckPackageVersion(std::string_view version);

}  // namespace skerry::agent
