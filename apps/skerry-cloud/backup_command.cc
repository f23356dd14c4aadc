#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "command.h"
#include "skerry/cloud/service/backup.h"

namespace skerry::cloud {
namespace {

struct BackupFlags {
  std::string folder;
  std::string target;
};

}  // namespace

void AddBackupCommands(CLI::App& app, Action& action) {
  auto backup = std::make_shared<BackupFlags>();
  CLI::App* command = app.add_subcommand(
      "backup",
      "Write what a data folder holds to a new folder, while it is "
      "served");
  AddDataOption(*command, backup->folder);
  command->add_option("BACKUP", backup->target, "Must not exist yet")
      ->required();
  command->footer(
      "Metadata and keys are copied; objects, which never change, are linked "
      "where both folders are on\none file system, and copied else. The "
      "backup is itself a data folder, and as secret.");
  command->callback([&action, backup] {
    action = [backup] { return BackUp(backup->folder, backup->target); };
  });

  auto restore = std::make_shared<BackupFlags>();
  command =
      app.add_subcommand("restore", "Make a data folder from a backup of one");
  AddDataOption(*command, restore->folder);
  command->add_option("BACKUP", restore->target, "What 'backup' has written")
      ->required();
  command->footer("The data folder must not exist, or be empty.");
  command->callback([&action, restore] {
    action = [restore] { return Restore(restore->target, restore->folder); };
  });
}

}  // namespace skerry::cloud
