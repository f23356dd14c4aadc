#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "command.h"
#include "format.h"
#include "machine.h"
#include "reports.h"
#include "skerry/platform/cpu.h"

namespace skerry::cli {
namespace {

/// What keeps models from being compiled or run; empty if nothing does.
std::string Obstacle(const std::vector<Check>& checks) {
  for (const Check& check : checks) {
    if (check.required && !check.present) {
      return check.name + ": " + check.found + "\n" + check.mend;
    }
  }
  return "";
}

void PrintReport(const std::vector<Check>& checks,
                 const std::vector<TargetCheck>& targets) {
  std::vector<std::vector<std::string>> rows;
  for (const Check& check : checks) {
    const char* state = check.present ? "ok" : check.required ? "MISSING" : "-";
    rows.push_back({check.name, state, check.found});
    if (!check.present && !check.mend.empty()) {
      rows.push_back({"", "", "mend: " + check.mend});
    }
  }
  for (const TargetCheck& target : targets) {
    rows.push_back({target.name, target.runs_here ? "ok" : "-",
                    target.runs_here ? "this CPU runs models for it"
                                     : "this CPU cannot run models for it"});
  }
  std::fputs(FormatTable(rows).c_str(), stdout);
}

Json ReportJson(const std::vector<Check>& checks,
                const std::vector<TargetCheck>& targets) {
  Json report = {{"ok", Obstacle(checks).empty()}};
  report["checks"] = Json::array();
  for (const Check& check : checks) {
    report["checks"].push_back({{"name", check.name},
                                {"present", check.present},
                                {"required", check.required},
                                {"found", check.found},
                                {"mend", check.mend}});
  }
  const platform::CacheSizes caches = platform::CpuCacheSizes();
  report["cpu"] = {{"name", platform::CpuModelName()},
                   {"architecture", platform::CpuArchitecture()},
                   {"count", platform::AvailableCpuCount()},
                   {"features", platform::CpuFeatures()},
                   {"l1_data_bytes", caches.l1_data_bytes},
                   {"l2_bytes", caches.l2_bytes},
                   {"l3_bytes", caches.l3_bytes}};
  report["targets"] = Json::array();
  for (const TargetCheck& target : targets) {
    report["targets"].push_back(
        {{"name", target.name}, {"runs_here", target.runs_here}});
  }
  return report;
}

Result<void> Examine(bool json) {
  const std::vector<Check> checks = CheckMachine();
  const std::vector<TargetCheck> targets = CheckTargets();
  if (json) {
    PrintJson(ReportJson(checks, targets));
  } else {
    PrintReport(checks, targets);
  }
  const std::string obstacle = Obstacle(checks);
  if (!obstacle.empty()) return FailedPrecondition(obstacle);
  return {};
}

}  // namespace

void AddDoctorCommand(CLI::App& app, Action& action) {
  auto json = std::make_shared<bool>(false);
  CLI::App* command = app.add_subcommand(
      "doctor", "Say what this machine has and lacks, with the mend");
  command->add_flag("--json", *json, "print JSON");
  AddExamples(*command, "  skerry doctor\n");
  command->callback(
      [&action, json] { action = [json] { return Examine(*json); }; });
}

}  // namespace skerry::cli
