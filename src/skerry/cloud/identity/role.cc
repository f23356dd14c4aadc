#include <array>
#include <utility>

#include "skerry/cloud/identity/identity.h"

namespace skerry::cloud {
namespace {

constexpr std::array<std::pair<Role, std::string_view>, 5> kRoles = {{
    {Role::kAdmin, "admin"},
    {Role::kDeployer, "deployer"},
    {Role::kViewer, "viewer"},
    {Role::kDevice, "device"},
    {Role::kWorker, "worker"},
}};

}  // namespace

std::string_view RoleName(Role role) {
  for (const auto& [known, name] : kRoles) {
    if (known == role) return name;
  }
  return "";
}

Result<Role> ParseRole(std::string_view name) {
  for (const auto& [role, known] : kRoles) {
    if (known == name) return role;
  }
  return InvalidArgument(
      "no role '" + std::string(name) +
      "'; there are admin, deployer, viewer, device, worker");
}

}  // namespace skerry::cloud
