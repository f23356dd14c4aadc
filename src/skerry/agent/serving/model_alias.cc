#include <string_view>

#include "skerry/agent/serving/model_store.h"

namespace skerry::agent {
namespace {

constexpr std::size_t kAliasBytesMax = 255;

// By ASCII, whatever the locale.
bool IsLetterOrDigit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9');
}

}  // namespace

bool IsModelAlias(std::string_view alias) {
  if (alias.empty() || alias.size() > kAliasBytesMax) return false;
  if (!IsLetterOrDigit(alias.front()) || !IsLetterOrDigit(alias.back())) {
    return false;
  }
  for (const char c : alias) {
    if (!IsLetterOrDigit(c) && c != '-') return false;
  }
  return true;
}

}  // namespace skerry::agent
