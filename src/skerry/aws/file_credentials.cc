#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <string_view>
#include <utility>

#include "skerry/aws/s3_client.h"
#include "skerry/platform/errno_error.h"

namespace skerry::aws {
namespace {

using platform::Quoted;

constexpr std::size_t kCredentialsFileBytesMax = std::size_t{64} << 10;

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

// What [default] of AWS's own format says, or what no section precedes.
Credentials ParseCredentialsFile(std::string_view text) {
  Credentials parsed;
  bool in_default = true;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = Trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.front() == '#' || line.front() == ';') continue;
    if (line.front() == '[') {
      in_default = line == "[default]";
      continue;
    }
    const std::size_t equals = line.find('=');
    if (!in_default || equals == std::string_view::npos) continue;
    const std::string_view name = Trimmed(line.substr(0, equals));
    const std::string value(Trimmed(line.substr(equals + 1)));
    if (name == "aws_access_key_id") parsed.access_key_id = value;
    if (name == "aws_secret_access_key") parsed.secret_access_key = value;
    if (name == "aws_session_token") parsed.session_token = value;
  }
  return parsed;
}

Result<Credentials> ReadCredentialsFile(const std::string& path) {
  struct stat status = {};
  if (stat(path.c_str(), &status) != 0) {
    return platform::ErrnoError(errno, Quoted(path));
  }
  if ((status.st_mode & 077) != 0) {
    return PermissionDenied(
        Quoted(path) + " may be read by others; mend it by: chmod 600 " + path);
  }
  SKERRY_ASSIGN_OR_RETURN(
      const std::string text,
      platform::ReadTextFile(path, kCredentialsFileBytesMax));
  Credentials parsed = ParseCredentialsFile(text);
  for (const auto& [name, value] :
       {std::pair("aws_access_key_id", &parsed.access_key_id),
        std::pair("aws_secret_access_key", &parsed.secret_access_key)}) {
    if (!value->empty()) continue;
    return FailedPrecondition("no credentials: " + Quoted(path) + " has no " +
                              name + " in its section [default]");
  }
  return parsed;
}

}  // namespace

CredentialsProvider FileCredentials(std::string path) {
  return [path = std::move(path)] { return ReadCredentialsFile(path); };
}

}  // namespace skerry::aws
