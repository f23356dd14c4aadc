#include "skerry/agent/rest/unix_socket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "skerry/platform/errno_error.h"

namespace skerry::agent {
namespace {

constexpr int kUnixBacklog = 1024;

Result<sockaddr_un> AddressOf(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.find('\0') != std::string::npos) {
    return InvalidArgument("the socket's path is empty or has a zero byte");
  }
  if (path.size() >= sizeof(address.sun_path)) {
    return InvalidArgument(
        "socket " + platform::Quoted(path) + ": the path has " +
        std::to_string(path.size()) + " bytes, the system takes " +
        std::to_string(sizeof(address.sun_path) - 1) + "; use a shorter one");
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

/// Makes way for a socket at `path`.
Result<void> ClearPath(const std::string& path, bool replace) {
  struct stat found = {};
  if (lstat(path.c_str(), &found) != 0) {
    return {};  // `bind` tells what is wrong, if anything is
  }
  if (!replace) {
    return AlreadyExists("socket " + platform::Quoted(path) +
                         " exists; -f replaces it");
  }
  if (!S_ISSOCK(found.st_mode)) {
    return AlreadyExists(platform::Quoted(path) +
                         " exists and is no socket, so it is not replaced");
  }
  if (unlink(path.c_str()) != 0 && errno != ENOENT) {
    return platform::ErrnoError(errno, "socket " + platform::Quoted(path));
  }
  return {};
}

Error BindError(int number, const std::string& path) {
  if (number == ENOENT) {
    const std::size_t slash = path.rfind('/');
    return NotFound("socket " + platform::Quoted(path) +
                    ": there is no folder " +
                    platform::Quoted(path.substr(
                        0, slash == std::string::npos ? 0 : slash)));
  }
  if (number == EADDRINUSE) {
    return AlreadyExists("socket " + platform::Quoted(path) +
                         " exists; -f replaces it");
  }
  return platform::ErrnoError(number, "socket " + platform::Quoted(path));
}

}  // namespace

Result<UnixSocket> UnixSocket::Listen(const std::string& path, bool replace,
                                      mode_t mode) {
  SKERRY_ASSIGN_OR_RETURN(const sockaddr_un address, AddressOf(path));
  SKERRY_RETURN_IF_ERROR(ClearPath(path, replace));
  UnixSocket result;
  result.descriptor_ = platform::FileDescriptor(
      socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!result.descriptor_.open()) {
    return platform::ErrnoError(errno, "socket " + platform::Quoted(path));
  }
  const int number = result.descriptor_.number();
  if (bind(number, reinterpret_cast<const sockaddr*>(&address),
           sizeof(address)) != 0) {
    return BindError(errno, path);
  }
  struct stat made = {};
  if (lstat(path.c_str(), &made) == 0) {
    result.path_ = path;
    result.device_ = made.st_dev;
    result.inode_ = made.st_ino;
  }
  // Connections are refused until the socket listens, so the permissions of
  // the moment in between let nobody in.
  if (chmod(path.c_str(), mode) != 0 || listen(number, kUnixBacklog) != 0) {
    return platform::ErrnoError(errno, "socket " + platform::Quoted(path));
  }
  return result;
}

void UnixSocket::RemovePath() {
  struct stat found = {};
  if (!path_.empty() && lstat(path_.c_str(), &found) == 0 &&
      found.st_dev == device_ && found.st_ino == inode_) {
    unlink(path_.c_str());
  }
  path_.clear();
}

}  // namespace skerry::agent
