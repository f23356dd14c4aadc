#include <CLI/CLI.hpp>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "cloud_client.h"
#include "command.h"
#include "format.h"
#include "reports.h"

namespace skerry::cli {
namespace {

constexpr const char* kRoot = "/skerry/v1/admin/";
constexpr std::chrono::seconds kFollowPeriod{1};

struct CloudFlags {
  bool json = false;
  std::string id;  // of a key, or a job's name
  std::string role;
  std::string name;
  std::string kind;
  std::string state;
  int count = 100;
  bool follow = false;
};

using Command = Result<void> (*)(const CloudFlags& options,
                                 CloudClient& client);

/// "2026-11-24 10:42:01", in UTC; "-" for none.
std::string TimeText(const Json& micros) {
  const auto value =
      micros.is_number_integer() ? micros.get<std::int64_t>() : std::int64_t{0};
  if (value == 0) return "-";
  const std::time_t seconds = value / 1'000'000;
  std::tm parts = {};
  gmtime_r(&seconds, &parts);
  std::array<char, 32> text = {};
  std::strftime(text.data(), text.size(), "%F %T", &parts);
  return text.data();
}

std::string Text(const Json& row, const char* name) {
  return row.contains(name) && row[name].is_string()
             ? row[name].get<std::string>()
             : "";
}

Json Member(const Json& object, const char* name) {
  return object.contains(name) ? object[name] : Json();
}

Result<void> AddKey(const CloudFlags& options, CloudClient& client) {
  SKERRY_ASSIGN_OR_RETURN(
      const Json key,
      client.Call("POST", std::string(kRoot) + "keys",
                  {{"role", options.role}, {"name", options.name}}));
  if (options.json) {
    PrintJson(key);
    return {};
  }
  std::printf("export AWS_ACCESS_KEY_ID=%s\nexport AWS_SECRET_ACCESS_KEY=%s\n",
              Text(key, "access_key_id").c_str(),
              Text(key, "secret_access_key").c_str());
  std::fputs("skerry: the secret is shown this once\n", stderr);
  return {};
}

Result<void> ListKeys(const CloudFlags& options, CloudClient& client) {
  SKERRY_ASSIGN_OR_RETURN(
      const Json answer,
      client.Call("GET", std::string(kRoot) + "keys", nullptr));
  if (options.json) {
    PrintJson(answer);
    return {};
  }
  std::vector<std::vector<std::string>> rows = {
      {"KEY", "NAME", "ROLE", "STATE", "MADE (UTC)"}};
  for (const Json& key : Member(answer, "keys")) {
    rows.push_back({Text(key, "access_key_id"), Text(key, "name"),
                    Text(key, "role"),
                    key.value("active", false) ? "active" : "disabled",
                    TimeText(Member(key, "created"))});
  }
  std::fputs(FormatTable(rows).c_str(), stdout);
  return {};
}

std::string KeyTarget(const CloudFlags& options) {
  return std::string(kRoot) + "keys/" + UrlPart(options.id);
}

Result<void> SetActive(const CloudFlags& options, CloudClient& client,
                       bool active) {
  const auto answer =
      client.Call("PUT", KeyTarget(options), {{"active", active}});
  return answer ? Result<void>() : Result<void>(answer.error());
}

Result<void> DisableKey(const CloudFlags& options, CloudClient& client) {
  return SetActive(options, client, false);
}

Result<void> EnableKey(const CloudFlags& options, CloudClient& client) {
  return SetActive(options, client, true);
}

Result<void> RemoveKey(const CloudFlags& options, CloudClient& client) {
  const auto answer = client.Call("DELETE", KeyTarget(options), nullptr);
  return answer ? Result<void>() : Result<void>(answer.error());
}

Result<void> ShowAudit(const CloudFlags& options, CloudClient& client) {
  SKERRY_ASSIGN_OR_RETURN(const Json answer,
                          client.Call("GET",
                                      std::string(kRoot) + "audit?count=" +
                                          std::to_string(options.count),
                                      nullptr));
  if (options.json) {
    PrintJson(answer);
    return {};
  }
  std::vector<std::vector<std::string>> rows = {
      {"TIME (UTC)", "WHO", "KEY", "FROM", "DID", "TO", "OUTCOME"}};
  for (const Json& entry : Member(answer, "entries")) {
    rows.push_back({TimeText(Member(entry, "time")), Text(entry, "name"),
                    Text(entry, "access_key_id"), Text(entry, "peer"),
                    Text(entry, "action"), Text(entry, "resource"),
                    Text(entry, "outcome")});
  }
  std::fputs(FormatTable(rows).c_str(), stdout);
  return {};
}

Result<void> ShowStatus(const CloudFlags& options, CloudClient& client) {
  SKERRY_ASSIGN_OR_RETURN(
      const Json answer,
      client.Call("GET", std::string(kRoot) + "status", nullptr));
  if (options.json) {
    PrintJson(answer);
    return {};
  }
  std::printf("version %s, region %s\n", Text(answer, "version").c_str(),
              Text(answer, "region").c_str());
  std::vector<std::vector<std::string>> rows = {{"JOBS", "STATE", "COUNT"}};
  for (const auto& [kind, states] : Member(answer, "jobs").items()) {
    for (const auto& [state, count] : states.items()) {
      rows.push_back({kind, state, count.dump()});
    }
  }
  std::fputs(FormatTable(rows).c_str(), stdout);
  return {};
}

Result<void> ListJobs(const CloudFlags& options, CloudClient& client) {
  std::string target =
      std::string(kRoot) + "jobs?count=" + std::to_string(options.count);
  if (!options.kind.empty()) target += "&kind=" + UrlPart(options.kind);
  if (!options.state.empty()) target += "&state=" + UrlPart(options.state);
  SKERRY_ASSIGN_OR_RETURN(const Json answer,
                          client.Call("GET", target, nullptr));
  if (options.json) {
    PrintJson(answer);
    return {};
  }
  std::vector<std::vector<std::string>> rows = {
      {"KIND", "NAME", "STATE", "MADE (UTC)", "ENDED (UTC)", "REASON"}};
  for (const Json& job : Member(answer, "jobs")) {
    rows.push_back({Text(job, "kind"), Text(job, "name"), Text(job, "state"),
                    TimeText(Member(job, "created")),
                    TimeText(Member(job, "ended")),
                    Text(job, "failure_reason")});
  }
  std::fputs(FormatTable(rows).c_str(), stdout);
  return {};
}

Result<void> ShowLog(const CloudFlags& options, CloudClient& client) {
  const std::string target =
      "/skerry/v1/jobs/log?kind=" + UrlPart(options.kind) +
      "&name=" + UrlPart(options.id) + "&offset=";
  for (std::uint64_t offset = 0;;) {
    SKERRY_ASSIGN_OR_RETURN(
        const Json part,
        client.Call("GET", target + std::to_string(offset), nullptr));
    const std::string text = Text(part, "text");
    std::fputs(text.c_str(), stdout);
    std::fflush(stdout);
    if (std::ferror(stdout) != 0) return {};
    offset = part.value("next_offset", offset + text.size());
    if (!text.empty()) continue;
    if (!options.follow) return {};
    std::this_thread::sleep_for(kFollowPeriod);
  }
}

CLI::App* Add(CLI::App& parent, Action& action,
              const std::shared_ptr<CloudFlags>& options, const char* name,
              const char* description, Command run) {
  CLI::App* command = parent.add_subcommand(name, description);
  command->callback([&action, options, run] {
    action = [options, run]() -> Result<void> {
      SKERRY_ASSIGN_OR_RETURN(const std::unique_ptr<CloudClient> client,
                              CloudClient::Create());
      return run(*options, *client);
    };
  });
  return command;
}

void AddJson(CLI::App* command, const std::shared_ptr<CloudFlags>& options) {
  command->add_flag("--json", options->json, "print JSON");
}

void AddCount(CLI::App* command, const std::shared_ptr<CloudFlags>& options) {
  command->add_option("--count", options->count, "how many at most")
      ->type_name("COUNT")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
}

void AddKeyCommands(CLI::App& cloud, Action& action,
                    const std::shared_ptr<CloudFlags>& options) {
  CLI::App* keys = cloud.add_subcommand("keys", "Access keys and their roles");
  keys->require_subcommand(1);
  CLI::App* add =
      Add(*keys, action, options, "add", "Make a key, and print it", &AddKey);
  add->add_option("--role", options->role,
                  "admin, deployer, viewer, device or worker")
      ->type_name("ROLE")
      ->required();
  add->add_option("--name", options->name,
                  "whose it is; of a device FLEET/DEVICE")
      ->type_name("NAME")
      ->required();
  AddJson(add, options);
  AddJson(Add(*keys, action, options, "list", "All keys, without secrets",
              &ListKeys),
          options);
  const auto add_for_one = [&](const char* name, const char* description,
                               Command run) {
    Add(*keys, action, options, name, description, run)
        ->add_option("KEY", options->id, "an access key's id")
        ->required();
  };
  add_for_one("disable", "Refuse a key until it is enabled", &DisableKey);
  add_for_one("enable", "Take a disabled key again", &EnableKey);
  add_for_one("remove", "Forget a key for good", &RemoveKey);
}

void AddJobCommands(CLI::App& cloud, Action& action,
                    const std::shared_ptr<CloudFlags>& options) {
  CLI::App* jobs =
      Add(cloud, action, options, "jobs",
          "Compilation and packaging jobs, the newest first", &ListJobs);
  jobs->add_option("--kind", options->kind, "compilation or packaging")
      ->type_name("KIND");
  jobs->add_option("--state", options->state, "such as FAILED")
      ->type_name("STATE");
  AddCount(jobs, options);
  AddJson(jobs, options);

  auto log_options = std::make_shared<CloudFlags>();
  log_options->kind = "compilation";
  CLI::App* logs = Add(cloud, action, log_options, "logs",
                       "What a job has said while it ran", &ShowLog);
  logs->add_option("JOB", log_options->id, "its name")->required();
  logs->add_option("--kind", log_options->kind, "compilation or packaging")
      ->type_name("KIND")
      ->capture_default_str();
  logs->add_flag("-f,--follow", log_options->follow,
                 "go on with what is said from now on");
}

}  // namespace

void AddCloudCommand(CLI::App& app, Action& action) {
  auto options = std::make_shared<CloudFlags>();
  CLI::App* cloud = app.add_subcommand(
      "cloud", "Administer a control plane (skerry-cloud) that runs");
  cloud->require_subcommand(1);
  AddKeyCommands(*cloud, action, options);
  CLI::App* audit = Add(*cloud, action, options, "audit",
                        "Who changed what, the newest first", &ShowAudit);
  AddCount(audit, options);
  AddJson(audit, options);
  AddJson(Add(*cloud, action, options, "status",
              "Version, region, and jobs by their states", &ShowStatus),
          options);
  AddJobCommands(*cloud, action, options);
  AddExamples(*cloud,
              "  export AWS_ENDPOINT_URL=https://cloud.example:8780\n"
              "  export AWS_ACCESS_KEY_ID=... AWS_SECRET_ACCESS_KEY=...\n"
              "  skerry cloud keys add --role viewer --name dashboard\n"
              "  skerry cloud logs -f my-compilation-job\n");
}

}  // namespace skerry::cli
