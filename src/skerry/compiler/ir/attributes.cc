#include "skerry/compiler/ir/attributes.h"

namespace skerry::compiler {
namespace {

template <class T>
const T* Find(const std::map<std::string, Attribute, std::less<>>& map,
              std::string_view name) {
  const auto found = map.find(name);
  return found == map.end() ? nullptr : std::get_if<T>(&found->second);
}

}  // namespace

void Attributes::Remove(std::string_view name) {
  if (const auto found = map_.find(name); found != map_.end()) {
    map_.erase(found);
  }
}

std::int64_t Attributes::Int(std::string_view name,
                             std::int64_t fallback) const {
  const auto* list = Find<std::vector<std::int64_t>>(map_, name);
  return list != nullptr && list->size() == 1 ? list->front() : fallback;
}

float Attributes::Float(std::string_view name, float fallback) const {
  const auto* list = Find<std::vector<float>>(map_, name);
  return list != nullptr && list->size() == 1 ? list->front() : fallback;
}

std::string Attributes::Text(std::string_view name,
                             std::string_view fallback) const {
  const auto* text = Find<std::string>(map_, name);
  return text != nullptr ? *text : std::string(fallback);
}

std::vector<std::int64_t> Attributes::Ints(
    std::string_view name, std::vector<std::int64_t> fallback) const {
  const auto* list = Find<std::vector<std::int64_t>>(map_, name);
  if (list != nullptr) return *list;
  return fallback;
}

std::vector<float> Attributes::Floats(std::string_view name,
                                      std::vector<float> fallback) const {
  const auto* list = Find<std::vector<float>>(map_, name);
  if (list != nullptr) return *list;
  return fallback;
}

}  // namespace skerry::compiler
