#include "skerry/cloud/sagemaker/operations.h"

#include <algorithm>
#include <array>
#include <utility>

#include "skerry/cloud/sagemaker/compilation_jobs.h"
#include "skerry/cloud/sagemaker/devices.h"
#include "skerry/cloud/sagemaker/edge.h"
#include "skerry/cloud/sagemaker/fleets.h"
#include "skerry/cloud/sagemaker/model_groups.h"
#include "skerry/cloud/sagemaker/model_packages.h"
#include "skerry/cloud/sagemaker/packaging_jobs.h"
#include "skerry/cloud/sagemaker/plans.h"
#include "skerry/cloud/sagemaker/shapes/shape_table.h"
#include "skerry/cloud/sagemaker/stages.h"
#include "skerry/cloud/sagemaker/tags.h"

namespace skerry::cloud {
namespace {

using enum Access;

constexpr std::string_view kSageMaker = "sagemaker";
constexpr std::string_view kEdge = "sagemaker-edge";

// In the order of their names.
constexpr Operation kHandlers[] = {
    {"AddTags", kSageMaker, kChange, AddTags},
    {"BatchDescribeModelPackage", kSageMaker, kRead, BatchDescribeModelPackage},
    {"CreateCompilationJob", kSageMaker, kChange, CreateCompilationJob},
    {"CreateDeviceFleet", kSageMaker, kChange, CreateDeviceFleet},
    {"CreateEdgeDeploymentPlan", kSageMaker, kChange, CreateEdgeDeploymentPlan},
    {"CreateEdgeDeploymentStage", kSageMaker, kChange,
     CreateEdgeDeploymentStage},
    {"CreateEdgePackagingJob", kSageMaker, kChange, CreateEdgePackagingJob},
    {"CreateModelPackage", kSageMaker, kChange, CreateModelPackage},
    {"CreateModelPackageGroup", kSageMaker, kChange, CreateModelPackageGroup},
    {"DeleteCompilationJob", kSageMaker, kChange, DeleteCompilationJob},
    {"DeleteDeviceFleet", kSageMaker, kChange, DeleteDeviceFleet},
    {"DeleteEdgeDeploymentPlan", kSageMaker, kChange, DeleteEdgeDeploymentPlan},
    {"DeleteEdgeDeploymentStage", kSageMaker, kChange,
     DeleteEdgeDeploymentStage},
    {"DeleteModelPackage", kSageMaker, kChange, DeleteModelPackage},
    {"DeleteModelPackageGroup", kSageMaker, kChange, DeleteModelPackageGroup},
    {"DeleteModelPackageGroupPolicy", kSageMaker, kChange,
     DeleteModelPackageGroupPolicy},
    {"DeleteTags", kSageMaker, kChange, DeleteTags},
    {"DeregisterDevices", kSageMaker, kChange, DeregisterDevices},
    {"DescribeCompilationJob", kSageMaker, kRead, DescribeCompilationJob},
    {"DescribeDevice", kSageMaker, kRead, DescribeDevice},
    {"DescribeDeviceFleet", kSageMaker, kRead, DescribeDeviceFleet},
    {"DescribeEdgeDeploymentPlan", kSageMaker, kRead,
     DescribeEdgeDeploymentPlan},
    {"DescribeEdgePackagingJob", kSageMaker, kRead, DescribeEdgePackagingJob},
    {"DescribeModelPackage", kSageMaker, kRead, DescribeModelPackage},
    {"DescribeModelPackageGroup", kSageMaker, kRead, DescribeModelPackageGroup},
    {"GetDeployments", kEdge, kRead, GetDeployments},
    {"GetDeviceFleetReport", kSageMaker, kRead, GetDeviceFleetReport},
    {"GetDeviceRegistration", kEdge, kRead, GetDeviceRegistration},
    {"GetModelPackageGroupPolicy", kSageMaker, kRead,
     GetModelPackageGroupPolicy},
    {"ListCompilationJobs", kSageMaker, kRead, ListCompilationJobs},
    {"ListDeviceFleets", kSageMaker, kRead, ListDeviceFleets},
    {"ListDevices", kSageMaker, kRead, ListDevices},
    {"ListEdgeDeploymentPlans", kSageMaker, kRead, ListEdgeDeploymentPlans},
    {"ListEdgePackagingJobs", kSageMaker, kRead, ListEdgePackagingJobs},
    {"ListModelPackageGroups", kSageMaker, kRead, ListModelPackageGroups},
    {"ListModelPackages", kSageMaker, kRead, ListModelPackages},
    {"ListStageDevices", kSageMaker, kRead, ListStageDevices},
    {"ListTags", kSageMaker, kRead, ListTags},
    {"PutModelPackageGroupPolicy", kSageMaker, kChange,
     PutModelPackageGroupPolicy},
    {"RegisterDevices", kSageMaker, kChange, RegisterDevices},
    {"SendHeartbeat", kEdge, kChange, SendHeartbeat},
    {"StartEdgeDeploymentStage", kSageMaker, kChange, StartEdgeDeploymentStage},
    {"StopCompilationJob", kSageMaker, kChange, StopCompilationJob},
    {"StopEdgeDeploymentStage", kSageMaker, kChange, StopEdgeDeploymentStage},
    {"StopEdgePackagingJob", kSageMaker, kChange, StopEdgePackagingJob},
    {"UpdateDeviceFleet", kSageMaker, kChange, UpdateDeviceFleet},
    {"UpdateDevices", kSageMaker, kChange, UpdateDevices},
    {"UpdateModelPackage", kSageMaker, kChange, UpdateModelPackage},
};
static_assert(std::ranges::is_sorted(kHandlers, {}, &Operation::name));

// Of devices: the one that the request speaks for. Of others, rights do not
// depend on it.
std::string ResourceOf(const Operation& operation, const Call& call) {
  if (operation.service != kEdge) return "";
  return call.Text("DeviceFleetName") + "/" + call.Text("DeviceName");
}

ApiResult<void> CheckRights(const Operation& operation, const Call& call) {
  const std::string resource = ResourceOf(operation, call);
  if (Allows(call.principal, call.Action(), resource)) return {};
  return std::unexpected(
      ApiError{operation.service == kEdge ? 403 : 400, "AccessDeniedException",
               "The key " + call.principal.access_key_id + " of role " +
                   std::string(RoleName(call.principal.role)) +
                   " is not authorized to perform " + call.Action() +
                   (resource.empty() ? "" : " for " + resource) + "."});
}

}  // namespace

const Operation* FindOperation(std::string_view name) {
  const auto* found =
      std::ranges::lower_bound(kHandlers, name, {}, &Operation::name);
  if (found == std::end(kHandlers) || found->name != name) return nullptr;
  return found;
}

ApiResult<Json> RunOperation(const Operation& operation, const Call& call) {
  SKERRY_API_RETURN_IF_ERROR(
      CheckRequest(call.input, RequestShapeOf(operation.name)));
  SKERRY_API_RETURN_IF_ERROR(CheckRights(operation, call));
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
