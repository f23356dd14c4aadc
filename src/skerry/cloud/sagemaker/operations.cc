#include "skerry/cloud/sagemaker/operations.h"

#include <algorithm>
#include <array>
#include <utility>

#include "skerry/cloud/sagemaker/devices.h"
#include "skerry/cloud/sagemaker/fleets.h"
#include "skerry/cloud/sagemaker/shapes/shape_table.h"
#include "skerry/cloud/sagemaker/tags.h"

namespace skerry::cloud {
namespace {

using enum Access;

// In the order of their names.
constexpr Operation kOperations[] = {
    {"AddTags", kChange, AddTags},
    {"CreateDeviceFleet", kChange, CreateDeviceFleet},
    {"DeleteDeviceFleet", kChange, DeleteDeviceFleet},
    {"DeleteTags", kChange, DeleteTags},
    {"DeregisterDevices", kChange, DeregisterDevices},
    {"DescribeDevice", kRead, DescribeDevice},
    {"DescribeDeviceFleet", kRead, DescribeDeviceFleet},
    {"GetDeviceFleetReport", kRead, GetDeviceFleetReport},
    {"ListDeviceFleets", kRead, ListDeviceFleets},
    {"ListDevices", kRead, ListDevices},
    {"ListTags", kRead, ListTags},
    {"RegisterDevices", kChange, RegisterDevices},
    {"UpdateDeviceFleet", kChange, UpdateDeviceFleet},
    {"UpdateDevices", kChange, UpdateDevices},
};
static_assert(std::ranges::is_sorted(kOperations, {}, &Operation::name));

}  // namespace

const Operation* FindOperation(std::string_view name) {
  const auto* found =
      std::ranges::lower_bound(kOperations, name, {}, &Operation::name);
  if (found == std::end(kOperations) || found->name != name) return nullptr;
  return found;
}

bool MayRun(Role role, Access access) {
  switch (role) {
    case Role::kAdmin:
    case Role::kDeployer:
      return true;
    case Role::kViewer:
      return access == Access::kRead;
    case Role::kDevice:
      return access == Access::kDevice;
    case Role::kWorker:
      return false;
  }
  return false;
}

ApiResult<Json> RunOperation(const Operation& operation, const Call& call) {
  if (!MayRun(call.principal.role, operation.access)) {
    return std::unexpected(
        ApiError{400, "AccessDeniedException",
                 "The key " + call.principal.access_key_id + " of role " +
                     std::string(RoleName(call.principal.role)) +
                     " is not authorized to perform: sagemaker:" +
                     std::string(operation.name)});
  }
  SKERRY_API_RETURN_IF_ERROR(
      CheckRequest(call.input, RequestShapeOf(operation.name)));
  Json output;
  const SqlBody body = [&](Sql& sql) -> ApiResult<void> {
    SKERRY_API_ASSIGN_OR_RETURN(output, operation.run(sql, call));
    return {};
  };
  const ApiResult<void> done = operation.access == Access::kRead
                                   ? ReadSql(call.records.database, body)
                                   : WriteSql(call.records.database, body);
  if (!done) return std::unexpected(done.error());
  return output;
}

}  // namespace skerry::cloud
