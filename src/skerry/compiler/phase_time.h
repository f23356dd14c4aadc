#pragma once

#include <string>

namespace skerry::compiler {

/// One pass or phase and what it took.
struct PhaseTime {
  std::string name;
  double seconds;
};

}  // namespace skerry::compiler
