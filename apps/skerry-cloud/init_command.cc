#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "command.h"
#include "skerry/cloud/identity/identity.h"
#include "skerry/cloud/service/control_plane.h"
#include "skerry/cloud/service/data_folder.h"
#include "skerry/http/client.h"

namespace skerry::cloud {
namespace {

struct InitFlags {
  std::string folder;
  std::string region = "us-east-1";
  std::string public_url = "http://127.0.0.1:8780";
  std::string database;
};

Result<void> CheckOptions(const InitFlags& options) {
  const auto url = http::ParseUrl(options.public_url);
  if (!url) return url.error().WithContext("--public-url");
  if (url->target != "/") {
    return InvalidArgument("--public-url: got '" + options.public_url +
                           "', want no path");
  }
  const bool plain =
      options.region.find_first_not_of(
          "abcdefghijklmnopqrstuvwxyz0123456789-") == std::string::npos;
  if (options.region.empty() || !plain) {
    return InvalidArgument("--region: got '" + options.region +
                           "', want a name such as us-east-1");
  }
  return {};
}

/// What a shell reads; secrets hold nothing that it would take apart.
void PrintExports(const AccessKey& key, const DataFolder& folder) {
  const auto print = [](const char* name, const std::string& value) {
    std::printf("export %s=%s\n", name, value.c_str());
  };
  print("AWS_ACCESS_KEY_ID", key.principal.access_key_id);
  print("AWS_SECRET_ACCESS_KEY", key.secret);
  print("AWS_DEFAULT_REGION", folder.region);
  print("AWS_REGION", folder.region);
  print("AWS_ENDPOINT_URL", folder.public_url);
}

Result<void> Init(const InitFlags& options) {
  SKERRY_RETURN_IF_ERROR(CheckOptions(options));
  const DataFolder folder{.path = options.folder,
                          .region = options.region,
                          .public_url = options.public_url,
                          .database_url = options.database};
  SKERRY_RETURN_IF_ERROR(folder.Make());
  SKERRY_ASSIGN_OR_RETURN(const std::unique_ptr<Database> database,
                          OpenMetadata(folder, ""));
  SKERRY_ASSIGN_OR_RETURN(std::string vault_key, folder.ReadVaultKey());
  SKERRY_ASSIGN_OR_RETURN(const std::unique_ptr<AccessKeys> keys,
                          AccessKeys::Create(*database, std::move(vault_key)));
  const auto audit = [](Transaction& transaction, const AccessKey& key) {
    return WriteAudit(transaction, {.access_key_id = "",
                                    .name = "skerry-cloud init",
                                    .peer = "",
                                    .action = "skerry:keys:Add",
                                    .resource = key.principal.access_key_id,
                                    .outcome = "ok"});
  };
  SKERRY_ASSIGN_OR_RETURN(const AccessKey key,
                          keys->Add(Role::kAdmin, "admin", audit));
  SKERRY_RETURN_IF_ERROR(folder.Finish());
  PrintExports(key, folder);
  std::fprintf(stderr,
               "skerry-cloud: %s is ready; the key above is shown this once.\n"
               "  serve it:   skerry-cloud serve --data %s\n"
               "  agents trust what it signs by the folder %s\n",
               folder.path.c_str(), folder.path.c_str(),
               folder.trust_roots().c_str());
  return {};
}

}  // namespace

void AddInitCommand(CLI::App& app, Action& action) {
  auto options = std::make_shared<InitFlags>();
  CLI::App* command = app.add_subcommand(
      "init", "Make a data folder and the first key, and print how to use it");
  AddDataOption(*command, options->folder);
  command
      ->add_option("--region", options->region,
                   "The region that clients are told")
      ->type_name("REGION")
      ->capture_default_str();
  command
      ->add_option("--public-url", options->public_url,
                   "What clients reach the server by")
      ->type_name("URL")
      ->capture_default_str();
  command
      ->add_option("--database", options->database,
                   "Keep metadata in PostgreSQL, "
                   "postgresql://USER:PASSWORD@HOST/NAME, not in the folder")
      ->type_name("URL")
      ->envname("SKERRY_CLOUD_DATABASE");
  command->footer(
      "The folder must not exist, or be empty. It gets mode 0700: it holds "
      "the keys that secrets are\nencrypted with and packages are signed "
      "with. The export lines go to standard output.\n\nExamples:\n"
      "  eval \"$(skerry-cloud init --data ./cloud)\"\n"
      "  skerry-cloud init --data /var/lib/skerry-cloud --public-url "
      "https://cloud.example:8780");
  command->callback(
      [&action, options] { action = [options] { return Init(*options); }; });
}

}  // namespace skerry::cloud
