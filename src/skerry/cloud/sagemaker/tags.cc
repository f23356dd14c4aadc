#include "skerry/cloud/sagemaker/tags.h"

#include <array>
#include <set>
#include <utility>

#include "skerry/cloud/sagemaker/list_query.h"

namespace skerry::cloud {
namespace {

constexpr std::int64_t kTagPageSize = 50;

struct Taggable {
  std::string_view type;  // of the ARN, up to a '/'
  std::string_view query;
};

// A device's ARN begins as its fleet's does.
constexpr std::array<Taggable, 6> kTaggables = {{
    {"device-fleet",
     "SELECT 1 FROM sm_fleets WHERE arn = $1 "
     "UNION ALL SELECT 1 FROM sm_devices WHERE arn = $1"},
    {"compilation-job", "SELECT 1 FROM sm_compilation_jobs WHERE arn = $1"},
    {"edge-packaging-job", "SELECT 1 FROM sm_packaging_jobs WHERE arn = $1"},
    {"edge-deployment", "SELECT 1 FROM sm_plans WHERE arn = $1"},
    {"model-package-group", "SELECT 1 FROM sm_model_groups WHERE arn = $1"},
    {"model-package", "SELECT 1 FROM sm_model_packages WHERE arn = $1"},
}};

// "model-package" of "arn:aws:sagemaker:R:A:model-package/x".
std::string_view TypeOf(std::string_view arn) {
  for (int i = 0; i < 5; ++i) {
    const std::size_t colon = arn.find(':');
    if (colon == std::string_view::npos) return {};
    arn.remove_prefix(colon + 1);
  }
  return arn.substr(0, arn.find('/'));
}

ApiResult<void> CheckResource(Sql& sql, const std::string& arn) {
  for (const Taggable& taggable : kTaggables) {
    if (taggable.type != TypeOf(arn)) continue;
    SKERRY_API_ASSIGN_OR_RETURN(const std::vector<SqlRow> rows,
                                sql.Query(taggable.query, {arn}));
    if (!rows.empty()) return {};
  }
  return NotFoundFault("Could not find resource with ARN " + arn);
}

ApiResult<void> CheckKeys(const Json& tags) {
  std::set<std::string> keys;
  for (const Json& tag : tags) {
    const auto key = tag.at("Key").get<std::string>();
    if (key.starts_with("aws:")) {
      return ValidationFault("Tag keys that begin with 'aws:' are reserved: '" +
                             key + "'");
    }
    if (!keys.insert(key).second) {
      return ValidationFault("Tag key '" + key + "' is given twice.");
    }
  }
  return {};
}

Json TagsJson(std::span<const SqlRow> rows) {
  Json tags = Json::array();
  for (const SqlRow& row : rows) {
    tags.push_back({{"Key", TextOf(row[0])}, {"Value", TextOf(row[1])}});
  }
  return tags;
}

}  // namespace

ApiResult<void> AddTagsTo(Sql& sql, const Call& call, const std::string& arn) {
  if (!call.Has("Tags") || call.input.at("Tags").empty()) return {};
  const Json& tags = call.input.at("Tags");
  SKERRY_API_RETURN_IF_ERROR(CheckKeys(tags));
  for (const Json& tag : tags) {
    SKERRY_API_RETURN_IF_ERROR(sql.Execute(
        "INSERT INTO sm_tags (arn, name, value) VALUES ($1, $2, $3) "
        "ON CONFLICT (arn, name) DO UPDATE SET value = excluded.value",
        {arn, tag.at("Key").get<std::string>(),
         tag.at("Value").get<std::string>()}));
  }
  SKERRY_API_ASSIGN_OR_RETURN(
      const std::vector<SqlRow> counts,
      sql.Query("SELECT COUNT(*) FROM sm_tags WHERE arn = $1", {arn}));
  if (IntOf(counts.at(0).at(0)) > static_cast<std::int64_t>(kTagCountMax)) {
    return LimitFault("A resource has at most " + std::to_string(kTagCountMax) +
                      " tags; " + arn + " would have " +
                      std::to_string(IntOf(counts.at(0).at(0))) + ".");
  }
  return {};
}

ApiResult<void> DropTagsOf(Sql& sql, const std::string& arn) {
  SKERRY_API_RETURN_IF_ERROR(
      sql.Execute("DELETE FROM sm_tags WHERE arn = $1", {arn}));
  return {};
}

ApiResult<Json> AddTags(Sql& sql, const Call& call) {
  const std::string arn = call.Text("ResourceArn");
  SKERRY_API_RETURN_IF_ERROR(CheckResource(sql, arn));
  SKERRY_API_RETURN_IF_ERROR(AddTagsTo(sql, call, arn));
  SKERRY_API_RETURN_IF_ERROR(Audit(sql, call, arn));
  SKERRY_API_ASSIGN_OR_RETURN(
      const std::vector<SqlRow> rows,
      sql.Query("SELECT name, value FROM sm_tags WHERE arn = $1 ORDER BY name",
                {arn}));
  return Json{{"Tags", TagsJson(rows)}};
}

ApiResult<Json> ListTags(Sql& sql, const Call& call) {
  const std::string arn = call.Text("ResourceArn");
  SKERRY_API_RETURN_IF_ERROR(CheckResource(sql, arn));
  ListQuery query(call, "name, value", "sm_tags", "name");
  query.Where("arn = ?", arn);
  query.set_page_size(kTagPageSize);
  SKERRY_API_ASSIGN_OR_RETURN(const Page page, query.Run(sql));
  Json output = {{"Tags", TagsJson(page.rows)}};
  PutText(output, "NextToken", page.next_token);
  return output;
}

ApiResult<Json> DeleteTags(Sql& sql, const Call& call) {
  const std::string arn = call.Text("ResourceArn");
  SKERRY_API_RETURN_IF_ERROR(CheckResource(sql, arn));
  for (const Json& key : call.input.at("TagKeys")) {
    SKERRY_API_RETURN_IF_ERROR(
        sql.Execute("DELETE FROM sm_tags WHERE arn = $1 AND name = $2",
                    {arn, key.get<std::string>()}));
  }
  SKERRY_API_RETURN_IF_ERROR(Audit(sql, call, arn));
  return Json::object();
}

}  // namespace skerry::cloud
