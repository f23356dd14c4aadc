#include "skerry/cloud/sagemaker/shapes/shape_table.h"

#include <algorithm>
#include <cstddef>

namespace skerry::cloud {
namespace {

#include "skerry/cloud/sagemaker/shapes/shape_rows.inc"

}  // namespace

const ShapeRow& ShapeAt(int index) {
  return kShapes[static_cast<std::size_t>(index)];
}

std::span<const MemberRow> MembersOf(const ShapeRow& structure) {
  return std::span(kMembers).subspan(static_cast<std::size_t>(structure.first),
                                     static_cast<std::size_t>(structure.count));
}

std::span<const std::string_view> EnumValuesOf(const ShapeRow& string) {
  return std::span(kEnumValues)
      .subspan(static_cast<std::size_t>(string.first),
               static_cast<std::size_t>(string.count));
}

std::span<const PatternRow> Patterns() { return kPatterns; }

std::span<const OperationRow> ShapedOperations() { return kOperations; }

int RequestShapeOf(std::string_view operation) {
  const auto* row =
      std::ranges::lower_bound(kOperations, operation, {}, &OperationRow::name);
  if (row == std::end(kOperations) || row->name != operation) return -1;
  return row->shape;
}

}  // namespace skerry::cloud
