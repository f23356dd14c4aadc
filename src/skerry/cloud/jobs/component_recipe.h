#pragma once

#include <string>
#include <string_view>

#include "skerry/base/result.h"

namespace skerry::cloud {

/// A Greengrass V2 component that brings a package to a device.
struct ComponentRequest {
  std::string config = {};         ///< PresetDeploymentConfig: JSON, or empty
  std::string job_name = {};       ///< names the component that has no name
  std::string model_version = {};  ///< its version, if that is one of semver
  std::string architecture = {};   ///< of the model: "x86_64" or "aarch64"
  std::string package_uri = {};
  std::string package_sha256 = {};  ///< hexadecimal
};

struct ComponentRecipe {
  std::string name;
  std::string version;
  std::string text;  ///< JSON
};

/// The recipe for `request`. kInvalidArgument names the key of
/// PresetDeploymentConfig; kUnimplemented for Windows.
Result<ComponentRecipe> MakeComponentRecipe(const ComponentRequest& request);

}  // namespace skerry::cloud
