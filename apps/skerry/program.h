#pragma once

#include <CLI/App.hpp>

#include "command.h"

namespace skerry::cli {

/// Reads the command line with `app`, whose commands set `action`, runs that,
/// and prints what went wrong. Returns the exit code.
int RunProgram(CLI::App& app, const Action& action, int argc, char** argv);

}  // namespace skerry::cli
