#include <algorithm>
#include <array>

#include "skerry/cloud/identity/identity.h"

namespace skerry::cloud {
namespace {

enum class Scope : std::uint8_t { kAny, kOwnDevice };

// What a role may do; what no row allows is refused. A '*' at the end stands
// for anything.
struct Rule {
  Role role;
  bool allow;
  std::string_view action;
  Scope scope = Scope::kAny;
};

// The first row of the role that fits decides.
constexpr std::array kRules = {
    Rule{Role::kAdmin, true, "*"},

    Rule{Role::kDeployer, false, "skerry:keys:*"},
    Rule{Role::kDeployer, false, "skerry:audit:*"},
    Rule{Role::kDeployer, true, "*"},

    Rule{Role::kViewer, false, "skerry:keys:*"},
    Rule{Role::kViewer, false, "skerry:audit:*"},
    Rule{Role::kViewer, true, "s3:Get*"},
    Rule{Role::kViewer, true, "s3:Head*"},
    Rule{Role::kViewer, true, "s3:List*"},
    Rule{Role::kViewer, true, "sagemaker:BatchDescribe*"},
    Rule{Role::kViewer, true, "sagemaker:Describe*"},
    Rule{Role::kViewer, true, "sagemaker:Get*"},
    Rule{Role::kViewer, true, "sagemaker:List*"},
    Rule{Role::kViewer, true, "sagemaker:Search"},
    Rule{Role::kViewer, true, "skerry:Describe*"},
    Rule{Role::kViewer, true, "skerry:Get*"},
    Rule{Role::kViewer, true, "skerry:List*"},
    Rule{Role::kViewer, true, "sts:Get*"},

    Rule{Role::kDevice, true, "sagemaker-edge:GetDeployments",
         Scope::kOwnDevice},
    Rule{Role::kDevice, true, "sagemaker-edge:GetDeviceRegistration",
         Scope::kOwnDevice},
    Rule{Role::kDevice, true, "sagemaker-edge:SendHeartbeat",
         Scope::kOwnDevice},
    Rule{Role::kDevice, true, "s3:GetObject"},
    Rule{Role::kDevice, true, "s3:HeadObject"},
    Rule{Role::kDevice, true, "sts:GetCallerIdentity"},

    Rule{Role::kWorker, true, "skerry:jobs:*"},
    Rule{Role::kWorker, true, "s3:GetObject"},
    Rule{Role::kWorker, true, "s3:HeadObject"},
    Rule{Role::kWorker, true, "s3:ListBucket"},
    Rule{Role::kWorker, true, "s3:PutObject"},
    Rule{Role::kWorker, true, "s3:CreateMultipartUpload"},
    Rule{Role::kWorker, true, "s3:UploadPart"},
    Rule{Role::kWorker, true, "s3:CompleteMultipartUpload"},
    Rule{Role::kWorker, true, "s3:AbortMultipartUpload"},
    Rule{Role::kWorker, true, "sts:GetCallerIdentity"},
};

bool Fits(std::string_view pattern, std::string_view action) {
  if (!pattern.ends_with('*')) return pattern == action;
  pattern.remove_suffix(1);
  return action.starts_with(pattern);
}

}  // namespace

bool Allows(const Principal& who, std::string_view action,
            std::string_view resource) {
  for (const Rule& rule : kRules) {
    if (rule.role != who.role || !Fits(rule.action, action)) continue;
    if (rule.scope == Scope::kOwnDevice) {
      return rule.allow && !who.name.empty() && resource == who.name;
    }
    return rule.allow;
  }
  return false;
}

}  // namespace skerry::cloud
