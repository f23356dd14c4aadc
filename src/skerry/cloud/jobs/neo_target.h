#pragma once

#include <span>
#include <string>
#include <string_view>

#include "skerry/base/result.h"

namespace skerry::cloud {

/// Where a compiled model is to run, as OutputConfig says it: a TargetDevice,
/// or else a TargetPlatform.
struct NeoTargetRequest {
  std::string device = {};  ///< "ml_c5"; empty: the platform
  std::string os = {};      ///< "LINUX"
  std::string arch = {};    ///< "X86_64"
  std::string accelerator = {};
};

/// What the compiler makes of it.
struct NeoTarget {
  std::string compiler_target;  ///< as `skerry compile --target` takes it
  std::string architecture;     ///< of the result: "x86_64" or "aarch64"
  /// In names of files: "ml_c5", "LINUX_X86_64_NVIDIA".
  std::string label;
  std::string note;  ///< for the job's log: what the device has and is not used
};

/// One value of TargetDevice: compiled for `compiler_target`, or, where that
/// is empty, refused in the words of `note`.
struct NeoDevice {
  std::string_view name;
  std::string_view compiler_target;
  std::string_view note;
};
std::span<const NeoDevice> NeoDevices();

/// The target for `request`. kUnimplemented says what is not supported and
/// what is; kInvalidArgument if it is no value of the API's.
Result<NeoTarget> FindNeoTarget(const NeoTargetRequest& request);

}  // namespace skerry::cloud
