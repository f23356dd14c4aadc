#include "skerry/cloud/sagemaker/model_packages.h"

#include <optional>
#include <utility>

#include "skerry/cloud/sagemaker/list_query.h"
#include "skerry/cloud/sagemaker/model_groups.h"
#include "skerry/cloud/sagemaker/model_package_row.h"
#include "skerry/cloud/sagemaker/tags.h"

namespace skerry::cloud {
namespace {

struct NewPackage {
  std::string name = {};  // "NAME", "GROUP/VERSION"
  std::string group = {};
  std::int64_t version = 0;
};

// The next version of the request's group.
ApiResult<NewPackage> NextVersion(Sql& sql, const Call& call) {
  NewPackage package;
  package.group = ModelGroupName(call.Text("ModelPackageGroupName"));
  SKERRY_API_RETURN_IF_ERROR(
      sql.Execute("UPDATE sm_model_groups SET last_version = last_version + 1, "
                  "package_count = package_count + 1 WHERE name = $1",
                  {package.group}));
  SKERRY_API_ASSIGN_OR_RETURN(
      const std::optional<SqlRow> row,
      sql.First("SELECT last_version, package_count FROM sm_model_groups "
                "WHERE name = $1",
                {package.group}));
  if (!row) {
    return ValidationFault("ModelPackageGroup " +
                           call.Arn("model-package-group/" + package.group) +
                           " does not exist.");
  }
  if (IntOf(row->at(1)) > kModelVersionCountMax) {
    return LimitFault("Model Package Group " + package.group + " has " +
                      std::to_string(kModelVersionCountMax) +
                      " model packages, the limit.");
  }
  package.version = IntOf(row->at(0));
  package.name = package.group + "/" + std::to_string(package.version);
  return package;
}

ApiResult<NewPackage> Name(Sql& sql, const Call& call) {
  const bool versioned = call.Has("ModelPackageGroupName");
  if (versioned == call.Has("ModelPackageName")) {
    return ValidationFault(
        "The request must have exactly one of ModelPackageName and "
        "ModelPackageGroupName.");
  }
  if (versioned) return NextVersion(sql, call);
  return NewPackage{.name = call.Text("ModelPackageName")};
}

// The ARN that an earlier request with this ClientToken was given; "".
ApiResult<std::string> MadeBefore(Sql& sql, const Call& call) {
  if (!call.Has("ClientToken")) return std::string();
  SKERRY_API_ASSIGN_OR_RETURN(
      const std::optional<SqlRow> row,
      sql.First("SELECT arn FROM sm_model_packages WHERE client_token = $1",
                {call.Text("ClientToken")}));
  return row ? TextOf(row->at(0)) : std::string();
}

std::string ContentOf(const Call& call) {
  Json content = call.input;
  for (const char* member : {"Tags", "ClientToken", "ModelApprovalStatus",
                             "ModelPackageName", "ModelPackageGroupName"}) {
    content.erase(member);
  }
  return content.dump();
}

SqlValue ApprovalOf(const Call& call, const NewPackage& package) {
  if (call.Has("ModelApprovalStatus")) return call.Text("ModelApprovalStatus");
  if (package.group.empty()) return {};
  return std::string("PendingManualApproval");
}

}  // namespace

ApiResult<Json> PackageContent(Sql& sql, const std::string& name_or_arn) {
  SKERRY_API_ASSIGN_OR_RETURN(const PackageRow row,
                              FindPackage(sql, name_or_arn));
  return row.content;
}

ApiResult<Json> CreateModelPackage(Sql& sql, const Call& call) {
  SKERRY_API_ASSIGN_OR_RETURN(const std::string before, MadeBefore(sql, call));
  if (!before.empty()) return Json{{"ModelPackageArn", before}};
  SKERRY_API_ASSIGN_OR_RETURN(const NewPackage package, Name(sql, call));
  const std::string arn = call.Arn("model-package/" + package.name);
  SKERRY_API_ASSIGN_OR_RETURN(
      const std::int64_t added,
      sql.Execute("INSERT INTO sm_model_packages (name, id, arn, group_name, "
                  "version, content, approval, client_token, created, "
                  "created_by, modified) "
                  "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0) "
                  "ON CONFLICT DO NOTHING",
                  {package.name, NewRowId(), arn, package.group,
                   package.version, ContentOf(call), ApprovalOf(call, package),
                   TextOrNull(call.Text("ClientToken")), call.now,
                   UserContextText(call)}));
  if (added == 0) return ConflictFault("Model Package already exists: " + arn);
  SKERRY_API_RETURN_IF_ERROR(AddTagsTo(sql, call, arn));
  SKERRY_API_RETURN_IF_ERROR(Audit(sql, call, arn));
  return Json{{"ModelPackageArn", arn}};
}

ApiResult<Json> DescribeModelPackage(Sql& sql, const Call& call) {
  SKERRY_API_ASSIGN_OR_RETURN(const PackageRow row,
                              FindPackage(sql, call.Text("ModelPackageName")));
  return DescribePackage(row);
}

ApiResult<Json> ListModelPackages(Sql& sql, const Call& call) {
  ListQuery query(call, kPackageColumns, "sm_model_packages", "id");
  // Of a group: its versions. Else those without one, unless it is said.
  const std::string type = call.Text("ModelPackageType");
  if (call.Has("ModelPackageGroupName")) {
    query.Where("group_name = ?",
                ModelGroupName(call.Text("ModelPackageGroupName")));
  } else if (type == "Versioned") {
    query.Where("version > ?", std::int64_t{0});
  } else if (type != "Both") {
    query.Where("version = ?", std::int64_t{0});
  }
  query.Contains("name", "NameContains");
  query.Equals("approval", "ModelApprovalStatus");
  query.Between("created", "CreationTime");
  query.SortBy(call.Text("SortBy") == "Name" ? "name" : "created");
  SKERRY_API_ASSIGN_OR_RETURN(const Page page, query.Run(sql));
  Json summaries = Json::array();
  for (const SqlRow& row : page.rows) {
    summaries.push_back(SummarizePackage(ReadPackageRow(row)));
  }
  Json output = {{"ModelPackageSummaryList", std::move(summaries)}};
  PutText(output, "NextToken", page.next_token);
  return output;
}

ApiResult<Json> DeleteModelPackage(Sql& sql, const Call& call) {
  SKERRY_API_ASSIGN_OR_RETURN(const PackageRow row,
                              FindPackage(sql, call.Text("ModelPackageName")));
  SKERRY_API_RETURN_IF_ERROR(
      sql.Execute("DELETE FROM sm_model_packages WHERE name = $1", {row.name}));
  if (!row.group.empty()) {
    SKERRY_API_RETURN_IF_ERROR(
        sql.Execute("UPDATE sm_model_groups SET package_count = "
                    "package_count - 1 WHERE name = $1",
                    {row.group}));
  }
  SKERRY_API_RETURN_IF_ERROR(DropTagsOf(sql, row.arn));
  SKERRY_API_RETURN_IF_ERROR(Audit(sql, call, row.arn));
  return Json();
}

ApiResult<Json> BatchDescribeModelPackage(Sql& sql, const Call& call) {
  Json summaries = Json::object();
  Json errors = Json::object();
  for (const Json& entry : call.input.at("ModelPackageArnList")) {
    const auto arn = entry.get<std::string>();
    const ApiResult<PackageRow> row = FindPackage(sql, arn);
    if (row) {
      summaries[arn] = BatchSummary(*row);
    } else if (row.error().code == "ValidationException") {
      errors[arn] = {{"ErrorCode", row.error().code},
                     {"ErrorResponse", row.error().message}};
    } else {
      return std::unexpected(row.error());
    }
  }
  return Json{{"ModelPackageSummaries", std::move(summaries)},
              {"BatchDescribeModelPackageErrorMap", std::move(errors)}};
}

}  // namespace skerry::cloud
