#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "command.h"
#include "completion_script.h"

namespace skerry::cli {

void AddCompletionCommand(CLI::App& app, Action& action) {
  auto shell = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand(
      "completion", "Print the script that completes commands in a shell");
  command->add_option("SHELL", *shell, "bash")
      ->required()
      ->check(CLI::IsMember({"bash"}));
  AddExamples(*command, "  source <(skerry completion bash)\n");
  command->callback([&action, shell] {
    action = []() -> Result<void> {
      std::fputs(kBashCompletion, stdout);
      return {};
    };
  });
}

void AddVersionCommand(CLI::App& app, Action& action) {
  CLI::App* command =
      app.add_subcommand("version", "Print the version, as --version does");
  command->callback([&action] {
    action = []() -> Result<void> {
      std::puts("skerry " SKERRY_VERSION);
      return {};
    };
  });
}

void AddHelpCommand(CLI::App& app, Action& action) {
  auto name = std::make_shared<std::string>();
  CLI::App* command =
      app.add_subcommand("help", "Explain a command, as --help does");
  command->add_option("COMMAND", *name, "the command to explain");
  command->callback([&app, &action, name] {
    action = [&app, name]() -> Result<void> {
      if (name->empty()) {
        std::fputs(app.help().c_str(), stdout);
        return {};
      }
      const auto named = [&](const CLI::App* command) {
        return command->get_name() == *name;
      };
      const std::vector<CLI::App*> found = app.get_subcommands(named);
      if (found.empty()) {
        return InvalidArgument("there is no command '" + *name +
                               "'\ntry: skerry --help");
      }
      std::fputs(found[0]->help("skerry").c_str(), stdout);
      return {};
    };
  });
}

}  // namespace skerry::cli
