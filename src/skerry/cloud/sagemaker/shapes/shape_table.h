#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

namespace skerry::cloud {

enum class ShapeKind : std::uint8_t {
  kStructure,
  kList,
  kMap,
  kString,
  kInteger,
  kLong,
  kDouble,
  kBoolean,
  kTimestamp,
};

inline constexpr std::int64_t kNoLeast =
    std::numeric_limits<std::int64_t>::min();
inline constexpr std::int64_t kNoMost =
    std::numeric_limits<std::int64_t>::max();

/// A pattern as AWS writes it, and as the engine takes it to match the whole
/// of a text.
struct PatternRow {
  std::string_view shown;
  std::string_view engine;
};

struct MemberRow {
  std::string_view name;
  int shape = 0;  ///< an index of `ShapeAt`
  bool required = false;
};

/// What a value may be. `min` and `max` bound a number, the code points of a
/// string, the entries of a list or map.
struct ShapeRow {
  ShapeKind kind = ShapeKind::kStructure;
  std::int64_t min = kNoLeast;
  std::int64_t max = kNoMost;
  int pattern = -1;  ///< an index of `Patterns`, or -1
  int first = 0;     ///< of the members, or of the values of an enumeration
  int count = 0;
  int element = 0;  ///< shape of a list's members, or of a map's keys
  int value = 0;    ///< shape of a map's values
};

struct OperationRow {
  std::string_view name;
  int shape = 0;
};

/// The shapes of the requests that are served; constant. Written by
/// make_shapes.py.
const ShapeRow& ShapeAt(int index);
std::span<const MemberRow> MembersOf(const ShapeRow& structure);
std::span<const std::string_view> EnumValuesOf(const ShapeRow& string);
std::span<const PatternRow> Patterns();
std::span<const OperationRow> ShapedOperations();

/// The shape of an operation's request; -1 if there is no such operation.
int RequestShapeOf(std::string_view operation);

}  // namespace skerry::cloud
