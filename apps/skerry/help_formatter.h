#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace skerry::cli {

/// How `--help` looks: an option with what it takes, then its description,
/// wrapped to 80 columns.
class HelpFormatter : public CLI::Formatter {
 public:
  HelpFormatter();

  std::string make_option_opts(const CLI::Option* option) const override;
  std::string make_option_desc(const CLI::Option* option) const override;
  std::string make_subcommand(const CLI::App* command) const override;
};

}  // namespace skerry::cli
