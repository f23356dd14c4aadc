#include "skerry/cloud/sagemaker/model_groups.h"

#include <optional>
#include <utility>

#include "skerry/cloud/sagemaker/list_query.h"
#include "skerry/cloud/sagemaker/tags.h"

namespace skerry::cloud {
namespace {

std::string GroupArn(const Call& call, const std::string& group) {
  return call.Arn("model-package-group/" + group);
}

// The columns of a group; what is said if there is none.
ApiResult<SqlRow> FindGroup(Sql& sql, const std::string& group,
                            std::string_view columns,
                            const std::string& absent) {
  SKERRY_API_ASSIGN_OR_RETURN(
      std::optional<SqlRow> row,
      sql.First("SELECT " + std::string(columns) +
                    " FROM sm_model_groups WHERE name = $1",
                {group}));
  if (!row) return ValidationFault(absent);
  return *std::move(row);
}

std::string DoesNotExist(const Call& call, const std::string& group) {
  return "ModelPackageGroup " + GroupArn(call, group) + " does not exist.";
}

ApiResult<SqlRow> FindPolicyOf(Sql& sql, const Call& call,
                               const std::string& group) {
  return FindGroup(sql, group, "arn, policy",
                   "Cannot find Model Package Group: " + GroupArn(call, group));
}

std::unexpected<ApiError> NoPolicy(const SqlRow& row) {
  return ValidationFault("Cannot find resource policy for: " + TextOf(row[0]));
}

}  // namespace

std::string ModelGroupName(const std::string& name_or_arn) {
  return name_or_arn.substr(name_or_arn.rfind('/') + 1);
}

std::string UserContextText(const Call& call) {
  return Json{{"IamIdentity",
               {{"Arn", "arn:aws:iam::" + std::string(kAccount) + ":user/" +
                            call.principal.name},
                {"PrincipalId", call.principal.access_key_id}}}}
      .dump(-1, ' ', false, Json::error_handler_t::replace);
}

ApiResult<Json> CreateModelPackageGroup(Sql& sql, const Call& call) {
  const std::string group = call.Text("ModelPackageGroupName");
  const std::string arn = GroupArn(call, group);
  SKERRY_API_ASSIGN_OR_RETURN(
      const std::int64_t added,
      sql.Execute(
          "INSERT INTO sm_model_groups (name, arn, description, "
          "managed, last_version, package_count, created, created_by) "
          "VALUES ($1, $2, $3, $4, 0, 0, $5, $6) "
          "ON CONFLICT DO NOTHING",
          {group, arn, TextOrNull(call.Text("ModelPackageGroupDescription")),
           TextOrNull(call.Raw("ManagedConfiguration")), call.now,
           UserContextText(call)}));
  if (added == 0) {
    return ValidationFault("Model Package Group already exists: " + arn);
  }
  SKERRY_API_ASSIGN_OR_RETURN(
      const std::vector<SqlRow> counts,
      sql.Query("SELECT COUNT(*) FROM sm_model_groups", {}));
  if (IntOf(counts.at(0).at(0)) > kModelGroupCountMax) {
    return LimitFault("There are " + std::to_string(kModelGroupCountMax) +
                      " model package groups, the limit.");
  }
  SKERRY_API_RETURN_IF_ERROR(AddTagsTo(sql, call, arn));
  SKERRY_API_RETURN_IF_ERROR(Audit(sql, call, arn));
  return Json{{"ModelPackageGroupArn", arn}};
}

ApiResult<Json> DescribeModelPackageGroup(Sql& sql, const Call& call) {
  const std::string group = ModelGroupName(call.Text("ModelPackageGroupName"));
  SKERRY_API_ASSIGN_OR_RETURN(
      const SqlRow row,
      FindGroup(sql, group, "arn, description, created, created_by, managed",
                DoesNotExist(call, group)));
  Json output = {{"ModelPackageGroupName", group},
                 {"ModelPackageGroupArn", TextOf(row[0])},
                 {"CreationTime", TimeJson(IntOf(row[2]))},
                 {"ModelPackageGroupStatus", "Completed"}};
  PutText(output, "ModelPackageGroupDescription", row[1]);
  PutJson(output, "CreatedBy", row[3]);
  PutJson(output, "ManagedConfiguration", row[4]);
  return output;
}

ApiResult<Json> ListModelPackageGroups(Sql& sql, const Call& call) {
  ListQuery query(call, "name, arn, description, created, managed",
                  "sm_model_groups", "name");
  query.Contains("name", "NameContains");
  query.Between("created", "CreationTime");
  query.SortBy(call.Text("SortBy") == "Name" ? "name" : "created");
  // Groups of other accounts: there are none.
  if (call.Text("CrossAccountFilterOption") == "CrossAccount") {
    query.Where("name = ?", std::string());
  }
  SKERRY_API_ASSIGN_OR_RETURN(const Page page, query.Run(sql));
  Json summaries = Json::array();
  for (const SqlRow& row : page.rows) {
    Json& summary =
        summaries.emplace_back(Json{{"ModelPackageGroupName", TextOf(row[0])},
                                    {"ModelPackageGroupArn", TextOf(row[1])},
                                    {"CreationTime", TimeJson(IntOf(row[3]))},
                                    {"ModelPackageGroupStatus", "Completed"}});
    PutText(summary, "ModelPackageGroupDescription", row[2]);
    PutJson(summary, "ManagedConfiguration", row[4]);
  }
  Json output = {{"ModelPackageGroupSummaryList", std::move(summaries)}};
  PutText(output, "NextToken", page.next_token);
  return output;
}

ApiResult<Json> DeleteModelPackageGroup(Sql& sql, const Call& call) {
  const std::string group = ModelGroupName(call.Text("ModelPackageGroupName"));
  SKERRY_API_ASSIGN_OR_RETURN(
      const SqlRow row,
      FindGroup(sql, group, "arn, package_count", DoesNotExist(call, group)));
  if (IntOf(row[1]) > 0) {
    return ConflictFault("Model Package Group " + TextOf(row[0]) + " has " +
                         std::to_string(IntOf(row[1])) +
                         " model packages; delete them first.");
  }
  SKERRY_API_RETURN_IF_ERROR(
      sql.Execute("DELETE FROM sm_model_groups WHERE name = $1", {group}));
  SKERRY_API_RETURN_IF_ERROR(DropTagsOf(sql, TextOf(row[0])));
  SKERRY_API_RETURN_IF_ERROR(Audit(sql, call, TextOf(row[0])));
  return Json();
}

ApiResult<Json> PutModelPackageGroupPolicy(Sql& sql, const Call& call) {
  const std::string group = call.Text("ModelPackageGroupName");
  const std::string policy = call.Text("ResourcePolicy");
  SKERRY_API_ASSIGN_OR_RETURN(const SqlRow row, FindPolicyOf(sql, call, group));
  if (!Json::parse(policy, nullptr, /*allow_exceptions=*/false).is_object()) {
    return ValidationFault("ResourcePolicy must be a JSON object, as text.");
  }
  SKERRY_API_RETURN_IF_ERROR(
      sql.Execute("UPDATE sm_model_groups SET policy = $2 WHERE name = $1",
                  {group, policy}));
  SKERRY_API_RETURN_IF_ERROR(Audit(sql, call, TextOf(row[0])));
  return Json{{"ModelPackageGroupArn", TextOf(row[0])}};
}

ApiResult<Json> GetModelPackageGroupPolicy(Sql& sql, const Call& call) {
  SKERRY_API_ASSIGN_OR_RETURN(
      const SqlRow row,
      FindPolicyOf(sql, call, call.Text("ModelPackageGroupName")));
  if (TextOf(row[1]).empty()) return NoPolicy(row);
  return Json{{"ResourcePolicy", TextOf(row[1])}};
}

ApiResult<Json> DeleteModelPackageGroupPolicy(Sql& sql, const Call& call) {
  const std::string group = call.Text("ModelPackageGroupName");
  SKERRY_API_ASSIGN_OR_RETURN(const SqlRow row, FindPolicyOf(sql, call, group));
  if (TextOf(row[1]).empty()) return NoPolicy(row);
  SKERRY_API_RETURN_IF_ERROR(sql.Execute(
      "UPDATE sm_model_groups SET policy = NULL WHERE name = $1", {group}));
  SKERRY_API_RETURN_IF_ERROR(Audit(sql, call, TextOf(row[0])));
  return Json();
}

}  // namespace skerry::cloud
