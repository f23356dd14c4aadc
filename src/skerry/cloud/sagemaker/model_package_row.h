#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "skerry/cloud/sagemaker/call.h"

namespace skerry::cloud {

/// A model package as it is kept.
struct PackageRow {
  std::string name;  ///< "NAME", or "GROUP/VERSION"
  std::string arn;
  std::string group;  ///< "" of a package without versions
  std::int64_t version = 0;
  Json content;
  std::string approval;
  std::string approval_description;
  std::int64_t created = 0;  ///< micros
  SqlValue created_by;
  std::int64_t modified = 0;  ///< 0: never
  SqlValue modified_by;
};

extern const std::string_view kPackageColumns;

/// A row of `kPackageColumns`.
PackageRow ReadPackageRow(const SqlRow& row);

/// `name_or_arn`: "NAME", "GROUP/VERSION", or an ARN. "ValidationException"
/// if there is none.
ApiResult<PackageRow> FindPackage(Sql& sql, const std::string& name_or_arn);

Json DescribePackage(const PackageRow& row);
Json SummarizePackage(const PackageRow& row);
Json BatchSummary(const PackageRow& row);

}  // namespace skerry::cloud
