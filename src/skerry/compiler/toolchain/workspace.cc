#include "skerry/compiler/toolchain/workspace.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "skerry/platform/file.h"

namespace skerry::compiler {
namespace {

// Our own outputs: far above any model that a machine could hold.
constexpr std::size_t kFileBytesMax = std::size_t{1} << 40;

}  // namespace

Result<Workspace> Workspace::Create() {
  SKERRY_ASSIGN_OR_RETURN(platform::TempDirectory folder,
                          platform::TempDirectory::Create("skerry"));
  return Workspace(std::move(folder));
}

Result<void> Workspace::Write(std::string_view name,
                              std::span<const std::byte> bytes) {
  const std::filesystem::path file = std::filesystem::path(path()) / name;
  std::error_code ignored;  // opening the file says what is wrong
  std::filesystem::create_directories(file.parent_path(), ignored);
  errno = 0;
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out.write(reinterpret_cast<const char*>(bytes.data()),
            static_cast<std::streamsize>(bytes.size()));
  out.close();
  if (out) return {};
  const std::string message = file.string() + ": " + std::strerror(errno);
  return errno == ENOSPC ? ResourceExhausted(message)
                         : Error(ErrorCode::kUnknown, message);
}

Result<std::vector<std::byte>> Workspace::Read(std::string_view name) const {
  return platform::ReadFile(folder_.Join(name), kFileBytesMax);
}

}  // namespace skerry::compiler
