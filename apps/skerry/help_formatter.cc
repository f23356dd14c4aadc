#include "help_formatter.h"

#include <sstream>

#include "format.h"

namespace skerry::cli {
namespace {

constexpr std::size_t kNameColumns = 32;
constexpr std::size_t kCommandColumns = 16;
constexpr std::size_t kLineColumns = 79;

}  // namespace

HelpFormatter::HelpFormatter() { column_width(kNameColumns); }

std::string HelpFormatter::make_option_opts(const CLI::Option* option) const {
  const std::string type = option->get_type_name();
  // A positional's name says it all; a flag takes nothing.
  if (option->nonpositional() && !type.empty()) return " " + type;
  return "";
}

std::string HelpFormatter::make_option_desc(const CLI::Option* option) const {
  return Wrap(option->get_description(), kLineColumns - kNameColumns);
}

std::string HelpFormatter::make_subcommand(const CLI::App* command) const {
  std::ostringstream line;
  CLI::detail::format_help(
      line, command->get_name(),
      Wrap(command->get_description(), kLineColumns - kCommandColumns),
      kCommandColumns);
  return line.str();
}

}  // namespace skerry::cli
