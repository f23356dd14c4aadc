#include "agent_client.h"

#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string>
#include <system_error>

#include "skerry/platform/errno_error.h"

namespace skerry::cli {

Result<void> BecomeAgentClient(char** argv) {
  std::error_code error;
  const std::filesystem::path self =
      std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return Internal("/proc/self/exe: " + error.message());
  const std::string program =
      (self.parent_path() / "skerry-agent-client").string();
  execv(program.c_str(), argv);
  const Error fault = platform::ErrnoError(errno, platform::Quoted(program));
  return FailedPrecondition(fault.message() +
                            "\nit is installed beside skerry");
}

}  // namespace skerry::cli
