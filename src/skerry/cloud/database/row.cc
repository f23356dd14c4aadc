#include "skerry/cloud/database/database.h"

namespace skerry::cloud {

std::int64_t IntOf(const SqlValue& value) {
  const auto* number = std::get_if<std::int64_t>(&value);
  return number == nullptr ? 0 : *number;
}

const std::string& TextOf(const SqlValue& value) {
  static const std::string kNothing;
  const auto* text = std::get_if<std::string>(&value);
  return text == nullptr ? kNothing : *text;
}

}  // namespace skerry::cloud
