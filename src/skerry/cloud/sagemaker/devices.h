#pragma once

#include <string>

#include "skerry/cloud/sagemaker/call.h"

namespace skerry::cloud {

/// Devices of one fleet, of one request, and models of one device.
inline constexpr std::int64_t kFleetDeviceCountMax = 100'000;
inline constexpr std::size_t kRequestDeviceCountMax = 1000;
inline constexpr std::size_t kDeviceModelCountMax = 100;

// Operations, see operations.h.
ApiResult<Json> RegisterDevices(Sql& sql, const Call& call);
ApiResult<Json> DeregisterDevices(Sql& sql, const Call& call);
ApiResult<Json> UpdateDevices(Sql& sql, const Call& call);
ApiResult<Json> DescribeDevice(Sql& sql, const Call& call);
ApiResult<Json> ListDevices(Sql& sql, const Call& call);

}  // namespace skerry::cloud
