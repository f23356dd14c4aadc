#include "skerry/cloud/sagemaker/model_package_row.h"

#include <optional>
#include <utility>

namespace skerry::cloud {
namespace {

constexpr std::string_view kArnType = ":model-package/";

// What a list shows as well.
Json Head(const PackageRow& row) {
  Json head = {{"ModelPackageArn", row.arn},
               {"CreationTime", TimeJson(row.created)},
               {"ModelPackageStatus", "Completed"}};
  if (row.group.empty()) {
    head["ModelPackageName"] = row.name;
  } else {
    head["ModelPackageGroupName"] = row.group;
    head["ModelPackageVersion"] = row.version;
  }
  PutText(head, "ModelApprovalStatus", row.approval);
  for (const char* member :
       {"ModelPackageDescription", "ModelPackageRegistrationType"}) {
    if (row.content.contains(member)) head[member] = row.content[member];
  }
  return head;
}

// Profiles are kept, and run nowhere.
Json ValidationStatuses(const Json& content) {
  Json statuses = Json::array();
  if (!content.contains("ValidationSpecification")) return statuses;
  for (const Json& profile :
       content["ValidationSpecification"].at("ValidationProfiles")) {
    statuses.push_back(
        {{"Name", profile.at("ProfileName")}, {"Status", "NotStarted"}});
  }
  return statuses;
}

}  // namespace

constexpr std::string_view kPackageColumns =
    "name, arn, group_name, version, content, approval, approval_description, "
    "created, created_by, modified, modified_by";

PackageRow ReadPackageRow(const SqlRow& row) {
  PackageRow package = {.name = TextOf(row[0]),
                        .arn = TextOf(row[1]),
                        .group = TextOf(row[2]),
                        .version = IntOf(row[3]),
                        .content = Json::parse(TextOf(row[4]), nullptr,
                                               /*allow_exceptions=*/false),
                        .approval = TextOf(row[5]),
                        .approval_description = TextOf(row[6]),
                        .created = IntOf(row[7]),
                        .created_by = row[8],
                        .modified = IntOf(row[9]),
                        .modified_by = row[10]};
  if (!package.content.is_object()) package.content = Json::object();
  return package;
}

ApiResult<PackageRow> FindPackage(Sql& sql, const std::string& name_or_arn) {
  std::string name = name_or_arn;
  if (const std::size_t type = name.find(kArnType); type != std::string::npos) {
    name = name.substr(type + kArnType.size());
  }
  SKERRY_API_ASSIGN_OR_RETURN(
      const std::optional<SqlRow> row,
      sql.First("SELECT " + std::string(kPackageColumns) +
                    " FROM sm_model_packages WHERE name = $1",
                {name}));
  if (!row) {
    return ValidationFault("ModelPackage " + name_or_arn + " does not exist.");
  }
  return ReadPackageRow(*row);
}

Json DescribePackage(const PackageRow& row) {
  Json output = row.content;
  output.update(Head(row));
  output["ModelPackageName"] = row.group.empty() ? row.name : row.group;
  output["ModelPackageStatusDetails"] = {
      {"ValidationStatuses", ValidationStatuses(row.content)}};
  PutText(output, "ApprovalDescription", row.approval_description);
  PutJson(output, "CreatedBy", row.created_by);
  PutTime(output, "LastModifiedTime", row.modified);
  PutJson(output, "LastModifiedBy", row.modified_by);
  return output;
}

Json SummarizePackage(const PackageRow& row) {
  Json summary = Head(row);
  if (row.content.contains("ModelLifeCycle")) {
    summary["ModelLifeCycle"] = row.content["ModelLifeCycle"];
  }
  return summary;
}

Json BatchSummary(const PackageRow& row) {
  Json summary = Head(row);
  summary.erase("ModelPackageName");
  // Required, of packages without a group too.
  summary["ModelPackageGroupName"] = row.group.empty() ? row.name : row.group;
  summary["InferenceSpecification"] = row.content.value(
      "InferenceSpecification", Json{{"Containers", Json::array()}});
  return summary;
}

}  // namespace skerry::cloud
