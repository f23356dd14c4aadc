#include <algorithm>
#include <utility>

#include "skerry/cloud/sagemaker/model_groups.h"
#include "skerry/cloud/sagemaker/model_package_row.h"
#include "skerry/cloud/sagemaker/model_packages.h"

namespace skerry::cloud {
namespace {

// Of models of one package, and of a package's own words about itself.
constexpr std::size_t kSpecificationCountMax = 15;
constexpr std::size_t kPropertyCountMax = 50;

// What a version is made of stays as it is once it is there.
ApiResult<void> AddOnce(const Call& call, const PackageRow& row,
                        const std::string& member, Json& content) {
  if (!call.Has(member)) return {};
  const Json& value = call.input.at(member);
  if (content.contains(member) && content[member] != value) {
    return ConflictFault(member + " of model package " + row.arn +
                         " is there and cannot be changed.");
  }
  content[member] = value;
  return {};
}

ApiResult<void> UpdateProperties(const Call& call, Json& content) {
  Json properties = content.value("CustomerMetadataProperties", Json::object());
  if (call.Has("CustomerMetadataProperties")) {
    properties.update(call.input.at("CustomerMetadataProperties"));
  }
  if (call.Has("CustomerMetadataPropertiesToRemove")) {
    for (const Json& key :
         call.input.at("CustomerMetadataPropertiesToRemove")) {
      properties.erase(key.get<std::string>());
    }
  }
  if (properties.size() > kPropertyCountMax) {
    return LimitFault("A model package has at most " +
                      std::to_string(kPropertyCountMax) +
                      " CustomerMetadataProperties.");
  }
  content.erase("CustomerMetadataProperties");
  if (!properties.empty()) {
    content["CustomerMetadataProperties"] = std::move(properties);
  }
  return {};
}

ApiResult<void> AddSpecifications(const Call& call, Json& content) {
  if (!call.Has("AdditionalInferenceSpecificationsToAdd")) return {};
  Json& list = content["AdditionalInferenceSpecifications"];
  for (const Json& added :
       call.input.at("AdditionalInferenceSpecificationsToAdd")) {
    const bool known = std::ranges::any_of(list, [&](const Json& there) {
      return there.at("Name") == added.at("Name");
    });
    if (known) {
      return ConflictFault("There is an additional inference specification '" +
                           added.at("Name").get<std::string>() + "' already.");
    }
    list.push_back(added);
  }
  if (list.size() > kSpecificationCountMax) {
    return LimitFault("A model package has at most " +
                      std::to_string(kSpecificationCountMax) +
                      " additional inference specifications.");
  }
  return {};
}

ApiResult<void> UpdateContent(const Call& call, const PackageRow& row,
                              Json& content) {
  for (const char* member : {"InferenceSpecification", "SourceUri"}) {
    SKERRY_API_RETURN_IF_ERROR(AddOnce(call, row, member, content));
  }
  for (const char* member :
       {"ModelCard", "ModelLifeCycle", "ModelPackageRegistrationType"}) {
    if (call.Has(member)) content[member] = call.input.at(member);
  }
  SKERRY_API_RETURN_IF_ERROR(UpdateProperties(call, content));
  return AddSpecifications(call, content);
}

}  // namespace

ApiResult<Json> UpdateModelPackage(Sql& sql, const Call& call) {
  SKERRY_API_ASSIGN_OR_RETURN(PackageRow row,
                              FindPackage(sql, call.Text("ModelPackageArn")));
  Json content = row.content;
  SKERRY_API_RETURN_IF_ERROR(UpdateContent(call, row, content));
  SKERRY_API_RETURN_IF_ERROR(sql.Execute(
      "UPDATE sm_model_packages SET content = $2, "
      "approval = COALESCE($3, approval), "
      "approval_description = COALESCE($4, approval_description), "
      "modified = $5, modified_by = $6 WHERE name = $1",
      {row.name, content.dump(), TextOrNull(call.Text("ModelApprovalStatus")),
       TextOrNull(call.Text("ApprovalDescription")), call.now,
       UserContextText(call)}));
  SKERRY_API_RETURN_IF_ERROR(Audit(sql, call, row.arn));
  return Json{{"ModelPackageArn", row.arn}};
}

}  // namespace skerry::cloud
