#pragma once

#include <cstddef>

#include "skerry/cloud/sagemaker/call.h"

namespace skerry::cloud {

/// Metrics of a device, or of one model of it; bytes of them that are kept.
inline constexpr std::size_t kMetricCountMax = 100;
inline constexpr std::size_t kMetricsBytesMax = std::size_t{16} << 10;

/// Deployments that a device is told of at once.
inline constexpr std::size_t kDeploymentCountMax = 100;

// The data plane of devices; operations, see operations.h.
ApiResult<Json> SendHeartbeat(Sql& sql, const Call& call);
ApiResult<Json> GetDeviceRegistration(Sql& sql, const Call& call);
ApiResult<Json> GetDeployments(Sql& sql, const Call& call);

}  // namespace skerry::cloud
