#include "skerry/cloud/jobs/sandbox.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "skerry/cloud/jobs/contained_process.h"
#include "skerry/cloud/jobs/job_user.h"
#include "skerry/platform/errno_error.h"
#include "skerry/platform/folder.h"
#include "skerry/platform/random.h"

namespace skerry::cloud {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr const char* kBubblewrap = "/usr/bin/bwrap";
constexpr const char* kInsideProgramFolder = "/skerry/bin";
constexpr const char* kInsideWork = "/job";
constexpr std::array<const char*, 3> kWorkParts = {"in", "out", "tmp"};
constexpr std::chrono::milliseconds kLookEvery{100};
constexpr int kDiskLookEvery = 5;  // of those
constexpr std::size_t kFileCountMax = 100'000;

// How a process is contained; a method has one or more ways.
enum class Way : std::uint8_t {
  kBubblewrapAsRoot,  // no user namespace, then a user of its own
  kBubblewrap,
  kUser,
  kNone,
};

SandboxMethod MethodOf(Way way) {
  switch (way) {
    case Way::kBubblewrapAsRoot:
    case Way::kBubblewrap:
      return SandboxMethod::kBubblewrap;
    case Way::kUser:
      return SandboxMethod::kUser;
    case Way::kNone:
      break;
  }
  return SandboxMethod::kNone;
}

bool IsRoot() { return geteuid() == 0; }

std::string Base(const std::string& path) {
  return fs::path(path).filename().string();
}

// Bytes of the files that a program may write; none: there are too many.
std::optional<std::uint64_t> DiskBytes(const std::string& work_folder) {
  std::uint64_t bytes = 0;
  std::size_t count = 0;
  for (const char* const part : {"out", "tmp"}) {
    std::error_code error;
    for (fs::recursive_directory_iterator
             entry(work_folder + "/" + part,
                   fs::directory_options::skip_permission_denied, error),
         end;
         !error && entry != end; entry.increment(error)) {
      if (++count > kFileCountMax) return std::nullopt;
      struct stat status{};
      if (lstat(entry->path().c_str(), &status) != 0) continue;
      constexpr std::uint64_t kBlock = 512;  // of st_blocks
      bytes += static_cast<std::uint64_t>(status.st_blocks) * kBlock;
    }
  }
  return bytes;
}

// Follows a process until it ends or has to be ended.
class Watch {
 public:
  Watch(ContainedProcess& process, const SandboxCommand& command)
      : process_(process),
        command_(command),
        deadline_(Clock::now() + command.limits.time) {}

  SandboxResult Run() {
    SandboxResult result;
    while (true) {
      std::array<pollfd, 3> waited = {
          {{process_.handle().number(), POLLIN, 0},
           {closed_ ? -1 : process_.output().number(), POLLIN, 0},
           {process_.child_info().number(), POLLIN, 0}}};
      poll(waited.data(), waited.size(), static_cast<int>(kLookEvery.count()));
      if (waited[2].revents != 0) process_.MeetChild();
      const bool ended = waited[0].revents != 0;
      Drain(result);
      if (ended) break;
      if (const auto reason = ReasonToEnd()) {
        result.end = *reason;
        break;
      }
    }
    const int status = process_.End();
    Drain(result);
    if (result.end != SandboxEnd::kExited) return result;
    if (WIFSIGNALED(status)) {
      result.end = SandboxEnd::kKilled;
      result.signal = WTERMSIG(status);
    } else {
      result.exit_code = WEXITSTATUS(status);
    }
    return result;
  }

 private:
  std::optional<SandboxEnd> ReasonToEnd() {
    const SandboxLimits& limits = command_.limits;
    const Clock::time_point now = Clock::now();
    if (now >= deadline_) return SandboxEnd::kTime;
    // Output may wake us far more often.
    if (now < next_look_) return std::nullopt;
    next_look_ = now + kLookEvery;
    if (command_.stop_requested && command_.stop_requested()) {
      return SandboxEnd::kStopped;
    }
    if (process_.MemoryBytes() > limits.memory_bytes) {
      return SandboxEnd::kMemory;
    }
    if (look_count_++ % kDiskLookEvery == 0) {
      const auto bytes = DiskBytes(command_.work_folder);
      if (!bytes || *bytes > limits.disk_bytes) return SandboxEnd::kDisk;
    }
    return std::nullopt;
  }

  // Not for ever: what writes without end must not keep us from looking.
  void Drain(SandboxResult& result) {
    std::array<char, 16384> buffer;
    for (int i = 0; i < 64 && !closed_; ++i) {
      const ssize_t count =
          read(process_.output().number(), buffer.data(), buffer.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return;
      if (count == 0) {
        closed_ = true;
        return;
      }
      const std::string_view piece(buffer.data(),
                                   static_cast<std::size_t>(count));
      if (command_.output) command_.output(piece);
      result.output += piece;
      const std::size_t kept = command_.limits.output_bytes;
      if (result.output.size() > 2 * kept) {
        result.output.erase(0, result.output.size() - kept);
      }
    }
  }

  ContainedProcess& process_;
  const SandboxCommand& command_;
  Clock::time_point deadline_;
  Clock::time_point next_look_;
  int look_count_ = 0;
  bool closed_ = false;
};

class SandboxImpl final : public Sandbox {
 public:
  SandboxImpl(SandboxOptions options, Way way)
      : options_(std::move(options)), way_(way) {}

  SandboxMethod method() const override { return MethodOf(way_); }

  std::string program() const override {
    if (!wraps()) return options_.program;
    return std::string(kInsideProgramFolder) + "/" + Base(options_.program);
  }

  std::string program_folder(std::size_t index) const override {
    const std::string& folder = options_.program_folders[index];
    return wraps() ? "/skerry/" + Base(folder) : folder;
  }

  std::string InsidePath(const std::string& work_folder,
                         const std::string& name) const override {
    return (wraps() ? kInsideWork : work_folder) + "/" + name;
  }

  Result<SandboxResult> Run(const SandboxCommand& command,
                            unsigned slot) override {
    std::optional<JobUser> taken;
    if (changes_user()) {
      // Another control plane on this machine counts from the same number.
      SKERRY_ASSIGN_OR_RETURN(taken, JobUser::Take(options_.user_base + slot));
    }
    const unsigned user = taken ? taken->number() : 0;
    SKERRY_RETURN_IF_ERROR(Prepare(command.work_folder, user));
    ContainedStart start;
    start.folder = wraps() ? "/" : command.work_folder + "/out";
    start.environment = Environment(command);
    if (wraps()) {
      start.arguments = Wrap(command, user);
      start.tells_child = true;
    } else {
      start.arguments = command.arguments;
      start.no_network = way_ == Way::kUser;
    }
    if (way_ == Way::kUser) {
      start.user = user;
      start.limit_processes = true;
    }
    SKERRY_ASSIGN_OR_RETURN(ContainedProcess process,
                            ContainedProcess::Start(start, command.limits));
    SandboxResult result = Watch(process, command).Run();
    const std::size_t kept = command.limits.output_bytes;
    if (result.output.size() > kept) {
      result.output.erase(0, result.output.size() - kept);
    }
    return result;
  }

 private:
  bool wraps() const { return method() == SandboxMethod::kBubblewrap; }
  bool changes_user() const {
    return way_ == Way::kBubblewrapAsRoot || way_ == Way::kUser;
  }

  // The program owns the folders that it writes.
  Result<void> Prepare(const std::string& work_folder, unsigned user) const {
    for (const char* const part : kWorkParts) {
      const std::string path = work_folder + "/" + part;
      SKERRY_RETURN_IF_ERROR(platform::MakeFolders(path));
      constexpr mode_t kReadable = 0755;
      constexpr mode_t kPrivate = 0700;
      const bool is_input = std::string_view(part) == "in";
      if (chmod(path.c_str(), is_input ? kReadable : kPrivate) != 0 ||
          (!is_input && changes_user() &&
           chown(path.c_str(), user, user) != 0)) {
        return platform::ErrnoError(errno, platform::Quoted(path));
      }
    }
    return {};
  }

  std::vector<std::string> Environment(const SandboxCommand& command) const {
    const std::string temporary =
        wraps() ? "/tmp" : command.work_folder + "/tmp";
    std::vector<std::string> environment = {"PATH=/usr/local/bin:/usr/bin:/bin",
                                            "LANG=C.UTF-8", "HOME=" + temporary,
                                            "TMPDIR=" + temporary};
    for (const auto& [name, value] : command.environment) {
      environment.push_back(name + "=" + value);
    }
    return environment;
  }

  std::vector<std::string> Wrap(const SandboxCommand& command,
                                unsigned user) const {
    std::vector<std::string> line = {kBubblewrap,     "--unshare-ipc",
                                     "--unshare-pid", "--unshare-net",
                                     "--unshare-uts", "--unshare-cgroup-try",
                                     "--new-session", "--die-with-parent",
                                     "--hostname",    "job",
                                     "--info-fd",     "3",
                                     "--ro-bind",     "/usr",
                                     "/usr"};
    if (way_ == Way::kBubblewrap) line.emplace_back("--unshare-user");
    const auto add = [&](std::initializer_list<std::string> words) {
      line.insert(line.end(), words);
    };
    AddRootFolders(line);
    // Libraries that have alternatives, and where the loader finds them. The
    // folder would be root's alone if bubblewrap made it by itself.
    add({"--perms", "0755", "--dir", "/etc"});
    for (const char* const path : {"/etc/alternatives", "/etc/ld.so.cache",
                                   "/etc/ld.so.conf", "/etc/ld.so.conf.d"}) {
      add({"--ro-bind-try", path, path});
    }
    add({"--proc", "/proc", "--dev", "/dev"});
    for (const char* const folder :
         {"/skerry", kInsideProgramFolder, kInsideWork}) {
      add({"--perms", "0755", "--dir", folder});
    }
    add({"--ro-bind", options_.program, program()});
    for (std::size_t i = 0; i < options_.program_folders.size(); ++i) {
      add({"--ro-bind", options_.program_folders[i], program_folder(i)});
    }
    const std::string& work = command.work_folder;
    add({"--ro-bind", work + "/in", "/job/in", "--bind", work + "/out",
         "/job/out", "--bind", work + "/tmp", "/tmp"});
    // /dev/shm would be memory that nobody counts.
    add({"--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/job/out",
         "--"});
    if (way_ == Way::kBubblewrapAsRoot) {
      add({"/usr/bin/setpriv", "--reuid=" + std::to_string(user),
           "--regid=" + std::to_string(user), "--clear-groups",
           "--no-new-privs", "--inh-caps=-all", "--bounding-set=-all"});
    }
    add({"/usr/bin/prlimit",
         "--nproc=" + std::to_string(command.limits.process_count)});
    line.insert(line.end(), command.arguments.begin(), command.arguments.end());
    return line;
  }

  // Links into /usr, as most systems have them, or folders.
  static void AddRootFolders(std::vector<std::string>& line) {
    for (const char* const path :
         {"/bin", "/sbin", "/lib", "/lib64", "/lib32"}) {
      std::error_code error;
      if (fs::is_symlink(path, error)) {
        const std::string target = fs::read_symlink(path, error).string();
        line.insert(line.end(), {"--symlink", target, path});
      } else {
        line.insert(line.end(), {"--ro-bind-try", path, path});
      }
    }
  }

  SandboxOptions options_;
  Way way_;
};

// A folder below the work root that goes away.
class TrialFolder {
 public:
  explicit TrialFolder(const std::string& root) {
    std::uint64_t number = 0;
    platform::FillRandom(std::as_writable_bytes(std::span(&number, 1)));
    path_ = root + "/trial-" + std::to_string(number);
  }
  TrialFolder(const TrialFolder&) = delete;
  TrialFolder& operator=(const TrialFolder&) = delete;
  ~TrialFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// Whether a program runs and can write where it should.
Result<void> TryOut(SandboxImpl& sandbox, const std::string& work_root) {
  const TrialFolder folder(work_root);
  SKERRY_RETURN_IF_ERROR(platform::MakeFolders(folder.path()));
  SandboxCommand command;
  command.arguments = {"/bin/sh", "-c",
                       "test -r \"$0\" && test -x \"$0\" && : > " +
                           sandbox.InsidePath(folder.path(), "out") + "/made",
                       sandbox.program()};
  command.work_folder = folder.path();
  command.limits.time = std::chrono::seconds(20);
  SKERRY_ASSIGN_OR_RETURN(const SandboxResult result, sandbox.Run(command, 0));
  std::error_code error;
  if (result.end == SandboxEnd::kExited && result.exit_code == 0 &&
      fs::exists(folder.path() + "/out/made", error)) {
    return {};
  }
  std::string words = result.output.substr(0, 300);
  while (words.ends_with('\n')) words.pop_back();
  return FailedPrecondition(
      words.empty() ? "a program in it cannot use its own folder" : words);
}

Result<std::vector<Way>> WaysOf(const std::string& method) {
  std::vector<Way> ways;
  const bool any = method == "auto";
  if (any || method == "bubblewrap") {
    if (IsRoot()) ways.push_back(Way::kBubblewrapAsRoot);
    ways.push_back(Way::kBubblewrap);
  }
  if ((any && IsRoot()) || method == "user") ways.push_back(Way::kUser);
  if (method == "none") ways.push_back(Way::kNone);
  if (ways.empty()) {
    return InvalidArgument("sandbox '" + method +
                           "' is none of auto, bubblewrap, user, none");
  }
  return ways;
}

}  // namespace

std::string_view SandboxMethodName(SandboxMethod method) {
  switch (method) {
    case SandboxMethod::kBubblewrap:
      return "bubblewrap";
    case SandboxMethod::kUser:
      return "user";
    case SandboxMethod::kNone:
      break;
  }
  return "none";
}

Result<std::unique_ptr<Sandbox>> Sandbox::Create(
    const SandboxOptions& options) {
  SKERRY_ASSIGN_OR_RETURN(const std::vector<Way> ways, WaysOf(options.method));
  SKERRY_RETURN_IF_ERROR(platform::MakeFolders(options.work_root));
  std::string reasons;
  for (const Way way : ways) {
    auto sandbox = std::make_unique<SandboxImpl>(options, way);
    const Result<void> works = TryOut(*sandbox, options.work_root);
    if (works) return sandbox;
    reasons += "; " + std::string(SandboxMethodName(MethodOf(way))) + ": " +
               works.error().message();
  }
  return FailedPrecondition(
      "models of others cannot be compiled in a sandbox here" + reasons +
      "; install bubblewrap and permit user namespaces, or say --sandbox none "
      "if you trust every model");
}

}  // namespace skerry::cloud
