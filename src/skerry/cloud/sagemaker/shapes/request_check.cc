#include "skerry/cloud/sagemaker/shapes/request_check.h"

#include <re2/re2.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "skerry/base/check.h"
#include "skerry/cloud/sagemaker/shapes/shape_table.h"

namespace skerry::cloud {
namespace {

// Seconds of timestamps: within what micros in 64 bits hold.
constexpr double kSecondsMax = 9.0e12;

ApiError WrongType(std::string message) {
  return {400, "SerializationException", std::move(message)};
}

const re2::RE2& Engine(int pattern) {
  static const auto kEngines = [] {
    re2::RE2::Options options;
    options.set_never_capture(true);
    options.set_log_errors(false);
    std::vector<std::unique_ptr<re2::RE2>> engines;
    for (const PatternRow& row : Patterns()) {
      engines.push_back(std::make_unique<re2::RE2>(
          re2::StringPiece(row.engine.data(), row.engine.size()), options));
      SKERRY_CHECK(engines.back()->ok());
    }
    return engines;
  }();
  return *kEngines[static_cast<std::size_t>(pattern)];
}

bool Matches(std::string_view text, int pattern) {
  return re2::RE2::FullMatch(re2::StringPiece(text.data(), text.size()),
                             Engine(pattern));
}

// The first `count` code points of `text`.
std::string_view FirstPoints(std::string_view text, std::size_t count) {
  std::size_t end = 0;
  while (end < text.size() && count > 0) {
    ++end;
    while (end < text.size() &&
           (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) {
      ++end;
    }
    --count;
  }
  return text.substr(0, end);
}

std::string Quoted(const Json& value) {
  const std::string text =
      value.is_string()
          ? value.get<std::string>()
          : value.dump(-1, ' ', false, Json::error_handler_t::replace);
  const std::string_view shown = FirstPoints(text, kQuotedPointsMax);
  return "'" + std::string(shown) + (shown.size() < text.size() ? "...'" : "'");
}

std::string_view TypeName(const Json& value) {
  switch (value.type()) {
    case Json::value_t::string:
      return "STRING_VALUE";
    case Json::value_t::boolean:
      return "BOOLEAN_VALUE";
    case Json::value_t::object:
      return "START_OBJECT";
    case Json::value_t::array:
      return "START_ARRAY";
    case Json::value_t::number_float:
      return "DECIMAL_VALUE";
    default:
      return "NUMBER_VALUE";
  }
}

struct KindName {
  ShapeKind kind;
  std::string_view name;
};
constexpr KindName kKindNames[] = {
    {ShapeKind::kStructure, "a structure"},
    {ShapeKind::kList, "a list"},
    {ShapeKind::kMap, "a map"},
    {ShapeKind::kString, "a String"},
    {ShapeKind::kInteger, "an Integer"},
    {ShapeKind::kLong, "a Long"},
    {ShapeKind::kDouble, "a Double"},
    {ShapeKind::kBoolean, "a Boolean"},
    {ShapeKind::kTimestamp, "a Timestamp"},
};

std::string_view Name(ShapeKind kind) {
  for (const KindName& row : kKindNames) {
    if (row.kind == kind) return row.name;
  }
  return "";
}

bool IsInteger(const Json& value, std::int64_t low, std::int64_t high) {
  if (value.is_number_unsigned()) {
    return value.get<std::uint64_t>() <= static_cast<std::uint64_t>(high);
  }
  if (!value.is_number_integer()) return false;
  const auto number = value.get<std::int64_t>();
  return number >= low && number <= high;
}

bool IsOfKind(const Json& value, ShapeKind kind) {
  switch (kind) {
    case ShapeKind::kStructure:
    case ShapeKind::kMap:
      return value.is_object();
    case ShapeKind::kList:
      return value.is_array();
    case ShapeKind::kString:
      return value.is_string();
    case ShapeKind::kInteger:
      return IsInteger(value, INT32_MIN, INT32_MAX);
    case ShapeKind::kLong:
      return IsInteger(value, INT64_MIN, INT64_MAX);
    case ShapeKind::kDouble:
      return value.is_number();
    case ShapeKind::kBoolean:
      return value.is_boolean();
    case ShapeKind::kTimestamp:
      return value.is_number() && std::isfinite(value.get<double>()) &&
             std::abs(value.get<double>()) <= kSecondsMax;
  }
  return false;
}

// "OutputConfig" as "outputConfig".
std::string Lowered(std::string_view name) {
  std::string lower(name);
  if (!lower.empty() && lower[0] >= 'A' && lower[0] <= 'Z') {
    lower[0] = static_cast<char>(lower[0] - 'A' + 'a');
  }
  return lower;
}

std::string Join(std::span<const std::string_view> words) {
  std::string joined;
  for (const std::string_view word : words) {
    if (!joined.empty()) joined += ", ";
    joined += word;
  }
  return joined;
}

// Where a value is: links back to the request, on the stack. A path is only
// written out where there is something to say.
struct Place {
  const Place* outer = nullptr;
  std::string_view name = {};  // of a member
  std::size_t index = 0;       // of a list's member, from 1
  std::string_view key = {};   // of a map's value

  std::string Path() const {
    std::string path = outer == nullptr ? "" : outer->Path();
    if (!name.empty()) return path + (path.empty() ? "" : ".") + Lowered(name);
    if (index > 0) return path + "." + std::to_string(index) + ".member";
    if (!key.empty()) {
      return path + "." + std::string(FirstPoints(key, kQuotedPointsMax)) +
             ".member";
    }
    return path;
  }
};

class Checker {
 public:
  // False: stopped, since a value is of another type.
  bool Check(const Json& value, const ShapeRow& shape, const Place& place) {
    if (!IsOfKind(value, shape.kind)) {
      wrong_type_ = WrongType(
          "at '" + place.Path() + "': " + std::string(TypeName(value)) +
          " can not be converted to " + std::string(Name(shape.kind)));
      return false;
    }
    switch (shape.kind) {
      case ShapeKind::kStructure:
        return CheckStructure(value, shape, place);
      case ShapeKind::kList:
        return CheckList(value, shape, place);
      case ShapeKind::kMap:
        return CheckMap(value, shape, place);
      case ShapeKind::kString:
        CheckString(value, shape, place);
        return true;
      case ShapeKind::kInteger:
      case ShapeKind::kLong:
        CheckNumber(value, shape, place);
        return true;
      case ShapeKind::kDouble:
      case ShapeKind::kBoolean:
      case ShapeKind::kTimestamp:
        return true;
    }
    return true;
  }

  ApiResult<void> Verdict() const {
    if (!wrong_type_.code.empty()) return std::unexpected(wrong_type_);
    if (fault_count_ == 0) return {};
    return std::unexpected(
        ApiError{400, "ValidationException",
                 std::to_string(fault_count_) + " validation error" +
                     (fault_count_ == 1 ? "" : "s") + " detected: " + faults_});
  }

 private:
  void Fault(const std::string& value, const Place& place,
             const std::string& constraint) {
    if (++fault_count_ > kFaultCountMax) return;
    if (fault_count_ > 1) faults_ += "; ";
    faults_ += "Value " + value + " at '" + place.Path() +
               "' failed to satisfy constraint: " + constraint;
  }

  bool CheckStructure(const Json& value, const ShapeRow& shape,
                      const Place& place) {
    for (const MemberRow& member : MembersOf(shape)) {
      const Place inner = {.outer = &place, .name = member.name};
      const auto found = value.find(member.name);
      if (found == value.end() || found->is_null()) {
        if (member.required) Fault("null", inner, "Member must not be null");
      } else if (!Check(*found, ShapeAt(member.shape), inner)) {
        return false;
      }
    }
    return true;
  }

  bool CheckList(const Json& value, const ShapeRow& shape, const Place& place) {
    CheckLength(value, value.size(), shape, place);
    std::size_t index = 0;
    for (const Json& element : value) {
      const Place inner = {.outer = &place, .index = ++index};
      if (element.is_null()) {
        Fault("null", inner, "Member must not be null");
      } else if (!Check(element, ShapeAt(shape.element), inner)) {
        return false;
      }
    }
    return true;
  }

  bool CheckMap(const Json& value, const ShapeRow& shape, const Place& place) {
    CheckLength(value, value.size(), shape, place);
    for (const auto& [key, element] : value.items()) {
      const Place inner = {.outer = &place, .key = key};
      if (!Check(Json(key), ShapeAt(shape.element), inner)) return false;
      if (element.is_null()) {
        Fault("null", inner, "Member must not be null");
      } else if (!Check(element, ShapeAt(shape.value), inner)) {
        return false;
      }
    }
    return true;
  }

  void CheckString(const Json& value, const ShapeRow& shape,
                   const Place& place) {
    const std::string& text = value.get_ref<const std::string&>();
    if (shape.min != kNoLeast || shape.max != kNoMost) {
      CheckLength(value, CodePointCount(text), shape, place);
    }
    if (shape.pattern >= 0 && !Matches(text, shape.pattern)) {
      const auto& row = Patterns()[static_cast<std::size_t>(shape.pattern)];
      Fault(Quoted(value), place,
            "Member must satisfy regular expression pattern: " +
                std::string(row.shown));
    }
    const std::span<const std::string_view> values = EnumValuesOf(shape);
    if (!values.empty() && std::ranges::find(values, text) == values.end()) {
      Fault(Quoted(value), place,
            "Member must satisfy enum value set: [" + Join(values) + "]");
    }
  }

  void CheckLength(const Json& value, std::size_t count, const ShapeRow& shape,
                   const Place& place) {
    const auto length = static_cast<std::int64_t>(count);
    if (length < shape.min) {
      Fault(Quoted(value), place,
            "Member must have length greater than or equal to " +
                std::to_string(shape.min));
    }
    if (length > shape.max) {
      Fault(Quoted(value), place,
            "Member must have length less than or equal to " +
                std::to_string(shape.max));
    }
  }

  void CheckNumber(const Json& value, const ShapeRow& shape,
                   const Place& place) {
    const auto number = value.get<std::int64_t>();
    if (number < shape.min) {
      Fault(Quoted(value), place,
            "Member must have value greater than or equal to " +
                std::to_string(shape.min));
    }
    if (number > shape.max) {
      Fault(Quoted(value), place,
            "Member must have value less than or equal to " +
                std::to_string(shape.max));
    }
  }

  ApiError wrong_type_;
  std::size_t fault_count_ = 0;
  std::string faults_;
};

}  // namespace

std::size_t CodePointCount(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

bool NestsTooDeep(std::string_view text) {
  std::size_t depth = 0;  // of brackets outside of strings
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      if (++depth > kRequestDepthMax) return true;
    } else if ((c == '}' || c == ']') && depth > 0) {
      --depth;
    }
  }
  return false;
}

ApiResult<Json> ParseRequest(std::string_view body) {
  if (body.empty()) return Json::object();
  if (body.size() > kRequestBytesMax) {
    return std::unexpected(
        ApiError{413, "RequestEntityTooLarge",
                 "the request holds " + std::to_string(body.size()) +
                     " bytes, limit " + std::to_string(kRequestBytesMax)});
  }
  if (NestsTooDeep(body)) {
    return std::unexpected(WrongType("the request nests deeper than " +
                                     std::to_string(kRequestDepthMax) +
                                     ", the limit"));
  }
  Json json = Json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) {
    return std::unexpected(WrongType("the request is no JSON object"));
  }
  return json;
}

ApiResult<void> CheckRequest(const Json& input, int shape) {
  Checker checker;
  checker.Check(input, ShapeAt(shape), Place{});
  return checker.Verdict();
}

}  // namespace skerry::cloud
