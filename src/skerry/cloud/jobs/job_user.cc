#include "skerry/cloud/jobs/job_user.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string>

#include "skerry/platform/errno_error.h"

namespace skerry::cloud {
namespace {

constexpr unsigned kJobUserCountMax = 4096;

// A socket's abstract name is in no folder, and goes with who bound it.
// kAlreadyExists: somebody has it.
Result<platform::FileDescriptor> ClaimName(const std::string& name) {
  platform::FileDescriptor claim(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!claim.open()) return platform::ErrnoError(errno, "socket");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path + 1, name.data(), name.size());
  const auto bytes =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  if (bind(claim.number(), reinterpret_cast<const sockaddr*>(&address),
           bytes) != 0) {
    if (errno == EADDRINUSE) return AlreadyExists(name + " is taken");
    return platform::ErrnoError(errno, "bind");
  }
  return claim;
}

}  // namespace

Result<JobUser> JobUser::Take(unsigned first) {
  for (unsigned i = 0; i < kJobUserCountMax; ++i) {
    auto claim = ClaimName("skerry-job-user-" + std::to_string(first + i));
    if (claim) return JobUser(first + i, *std::move(claim));
    if (claim.error().code() != ErrorCode::kAlreadyExists) {
      return claim.error();
    }
  }
  return ResourceExhausted("jobs of this machine run as all of the users " +
                           std::to_string(first) + " to " +
                           std::to_string(first + kJobUserCountMax - 1));
}

}  // namespace skerry::cloud
