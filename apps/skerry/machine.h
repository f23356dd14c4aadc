#pragma once

#include <string>
#include <vector>

namespace skerry::cli {

/// One thing that `skerry doctor` looks at.
struct Check {
  std::string name = {};   ///< "compiler"
  bool present = false;    ///< there, and good enough
  bool required = false;   ///< nothing compiles or runs without it
  std::string found = {};  ///< what there is, for people
  std::string mend = {};   ///< what to do if it is not present
};

/// All checks of this machine, the required ones first. Runs compiler, linker
/// and Python for a moment each.
std::vector<Check> CheckMachine();

/// A target that `skerry compile --target` takes, and whether this CPU has
/// the features that models for it need.
struct TargetCheck {
  std::string name;
  bool runs_here = false;
};

/// The named targets of this CPU's architecture; none if the compiler is
/// missing, which knows their features.
std::vector<TargetCheck> CheckTargets();

}  // namespace skerry::cli
