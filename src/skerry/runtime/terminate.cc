// For libskerry.so only, which holds the part of libstdc++ that it uses. The
// handler that comes with it prints the name of the exception, for which it
// brings a demangler: 40 KB. We throw nothing; what remains is `operator new`
// without memory.
#include <exception>

#include "skerry/base/check.h"

namespace {

[[noreturn]] void Terminate() {
  skerry::base::CheckFailed("libskerry", 0, "memory is left");
}

}  // namespace

namespace __cxxabiv1 {

// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming)
extern std::terminate_handler __terminate_handler;
std::terminate_handler __terminate_handler = &Terminate;
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)

}  // namespace __cxxabiv1
