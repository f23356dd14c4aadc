#pragma once

#include <memory>
#include <string>

#include "skerry/base/result.h"
#include "skerry/model/manifest.h"
#include "skerry/trust/package_signature.h"

namespace skerry::agent {

/// A model as it is delivered: a folder that holds one compiled model
/// (`*.so`) and, if it came from a packaging job, `sagemaker_edge_manifest`:
/// JSON with `metadata.model_name`, `metadata.model_version`, and, if it is
/// signed, `files` (name to {"sha256", "bytes"}) and beside it
/// `sagemaker_edge_manifest.sig`: JSON {"algorithm", "signature" (base64)}
/// over the bytes of the manifest.
struct ModelPackage {
  std::string folder;      ///< absolute
  std::string model_path;  ///< of the compiled model in it
  std::string name;        ///< of the package's manifest, or the model's own
  std::string version;     ///< of the package's manifest; "1" without
  Manifest manifest;       ///< of the compiled model
  bool is_signed = false;  ///< and the signature was checked
};

/// A package's manifest takes at most this many bytes.
inline constexpr std::size_t kPackageManifestBytesMax = std::size_t{1} << 20;

/// Reads and checks the package in `folder`; nothing of the model runs. With
/// `roots`, the package must be signed by one of them, every file in the
/// folder must be listed, and digests must match.
///
/// Errors: kNotFound if there is no such folder or no compiled model in it;
/// kFailedPrecondition if there are several, the signature is missing or
/// wrong, a digest differs, a file is not listed, or the model is damaged;
/// the message names the file.
Result<ModelPackage> ReadModelPackage(const std::string& folder,
                                      const trust::TrustRoots* roots);

/// Writes a package: copies `model_path` into the new folder `folder` with a
/// manifest, signed if `key` is given. The folder is there whole, or not at
/// all. kAlreadyExists if it exists.
Result<void> WriteModelPackage(const std::string& folder,
                               const std::string& model_path,
                               const std::string& name,
                               const std::string& version,
                               const trust::SigningKey* key);

}  // namespace skerry::agent
