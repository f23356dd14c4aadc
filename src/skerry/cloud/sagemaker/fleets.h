#pragma once

#include <string>

#include "skerry/cloud/sagemaker/call.h"

namespace skerry::cloud {

inline constexpr std::int64_t kFleetCountMax = 1000;

/// A device or fleet whose last heartbeat is older is not connected.
inline constexpr std::int64_t kConnectedMicros =
    std::int64_t{60} * 60 * 1'000'000;

/// ValidationException ("No device fleet with name ...") if there is none.
ApiResult<void> NeedFleet(Sql& sql, const std::string& fleet);

// Operations, see operations.h.
ApiResult<Json> CreateDeviceFleet(Sql& sql, const Call& call);
ApiResult<Json> DescribeDeviceFleet(Sql& sql, const Call& call);
ApiResult<Json> UpdateDeviceFleet(Sql& sql, const Call& call);
ApiResult<Json> DeleteDeviceFleet(Sql& sql, const Call& call);
ApiResult<Json> ListDeviceFleets(Sql& sql, const Call& call);
ApiResult<Json> GetDeviceFleetReport(Sql& sql, const Call& call);

}  // namespace skerry::cloud
