#include "skerry/agent/serving/repository_files.h"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "skerry/agent/serving/model_store.h"

namespace skerry::agent {
namespace {

bool IsVersionNumber(std::string_view name) {
  constexpr std::size_t kDigitsMax = 18;
  return !name.empty() && name.size() <= kDigitsMax && name[0] != '0' &&
         name.find_first_not_of("0123456789") == std::string_view::npos;
}

template <class Wanted>
std::vector<std::string> ListFolders(const std::string& folder, Wanted wanted) {
  std::vector<std::string> names;
  std::error_code error;
  std::filesystem::directory_iterator entry(folder, error);
  while (!error && entry != std::filesystem::directory_iterator()) {
    std::string name = entry->path().filename().string();
    std::error_code look;
    if (wanted(name) && entry->is_directory(look)) {
      names.push_back(std::move(name));
    }
    entry.increment(error);
  }
  return names;
}

}  // namespace

std::vector<std::string> ListModels(const std::string& root) {
  std::vector<std::string> names = ListFolders(root, IsModelAlias);
  std::ranges::sort(names);
  return names;
}

std::vector<std::string> ListVersions(const std::string& folder) {
  std::vector<std::string> names = ListFolders(folder, IsVersionNumber);
  // Without leading zeros, more digits are a larger number.
  std::ranges::sort(names, [](const std::string& a, const std::string& b) {
    return a.size() != b.size() ? a.size() < b.size() : a < b;
  });
  return names;
}

}  // namespace skerry::agent
