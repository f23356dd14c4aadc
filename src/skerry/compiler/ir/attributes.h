#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace skerry::compiler {

/// One attribute: integers, floats or a text. A scalar is a list of one, as
/// kernels see no difference.
using Attribute =
    std::variant<std::vector<std::int64_t>, std::vector<float>, std::string>;

/// A node's attributes by name, in the order of the names so that printing
/// and code generation are reproducible.
///
/// Thread safety: thread-compatible.
class Attributes {
 public:
  bool Has(std::string_view name) const { return map_.contains(name); }
  void Set(std::string name, Attribute value) {
    map_.insert_or_assign(std::move(name), std::move(value));
  }
  void SetInt(std::string name, std::int64_t value) {
    Set(std::move(name), std::vector<std::int64_t>{value});
  }
  void SetFloat(std::string name, float value) {
    Set(std::move(name), std::vector<float>{value});
  }
  void Remove(std::string_view name);

  /// The value, or `fallback` if there is none of that name and kind.
  std::int64_t Int(std::string_view name, std::int64_t fallback) const;
  float Float(std::string_view name, float fallback) const;
  std::string Text(std::string_view name, std::string_view fallback) const;
  std::vector<std::int64_t> Ints(std::string_view name,
                                 std::vector<std::int64_t> fallback = {}) const;
  std::vector<float> Floats(std::string_view name,
                            std::vector<float> fallback = {}) const;

  const std::map<std::string, Attribute, std::less<>>& map() const {
    return map_;
  }

  friend bool operator==(const Attributes&, const Attributes&) = default;

 private:
  std::map<std::string, Attribute, std::less<>> map_;
};

}  // namespace skerry::compiler
