#pragma once

#include <string>

#include "skerry/base/result.h"

namespace skerry::cloud {

/// Where a control plane keeps what it has:
///
///   cloud.json           settings of the folder: region, URLs
///   metadata.sqlite      unless metadata is in PostgreSQL
///   objects/             the bytes of objects
///   keys/vault.key       what secrets in the database are encrypted with
///   keys/signing.pem     what packages are signed with (Ed25519)
///   trust/signing.pem    its public half: give this folder to agents
///   work/                what jobs need while they run
///   logs/jobs/           what they said
struct DataFolder {
  std::string path;
  std::string region;
  std::string public_url;    ///< what clients reach it by
  std::string database_url;  ///< empty: `metadata_file`

  std::string metadata_file() const { return path + "/metadata.sqlite"; }
  std::string objects() const { return path + "/objects"; }
  std::string work() const { return path + "/work"; }
  std::string job_logs() const { return path + "/logs/jobs"; }
  std::string signing_key_file() const { return path + "/keys/signing.pem"; }
  std::string trust_roots() const { return path + "/trust"; }
  std::string settings_file() const { return path + "/cloud.json"; }

  /// Makes the folder, only its owner's, with fresh keys. A folder that holds
  /// a control plane already is left as it is: kAlreadyExists. One that holds
  /// something else: kInvalidArgument. The settings are written by `Finish`.
  Result<void> Make() const;

  /// The last step of making one: from now on it can be served.
  Result<void> Finish() const;

  /// kNotFound says how to make one; kInvalidArgument for settings that are
  /// none.
  static Result<DataFolder> Open(const std::string& path);

  /// The 32 bytes that `AccessKeys` wants. kPermissionDenied if others may
  /// read the file.
  Result<std::string> ReadVaultKey() const;
};

}  // namespace skerry::cloud
