#include "skerry/cloud/jobs/contained_process.h"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <set>
#include <system_error>
#include <utility>

#include "skerry/platform/errno_error.h"
#include "skerry/platform/process.h"

namespace skerry::cloud {
namespace {

namespace fs = std::filesystem;
using platform::ErrnoError;
using platform::FileDescriptor;

constexpr int kExecFailed = 127;
constexpr rlim_t kOpenFilesMax = 1024;
constexpr int kInfoNumber = 3;
constexpr int kNamespaceEndMs = 5000;

// All that a child needs between fork and exec, where it may allocate nothing.
struct Plan {
  std::vector<char*> arguments;
  std::vector<char*> environment;
  const char* folder;
  const ContainedStart* start;
  const SandboxLimits* limits;
  int output;
  int child_info;  // -1: none
  pid_t parent;
};

[[noreturn]] void Complain(const char* what) {
  std::array<char, 160> line{};
  std::size_t size = 0;
  const auto put = [&](const char* text) {
    while (*text != '\0' && size < line.size()) line[size++] = *text++;
  };
  put("sandbox: ");
  put(what);
  put(": ");
  const char* const name = strerrorname_np(errno);
  put(name != nullptr ? name : "?");
  put("\n");
  const ssize_t ignored = write(STDERR_FILENO, line.data(), size);
  static_cast<void>(ignored);
  _exit(kExecFailed);
}

void Limit(__rlimit_resource resource, std::uint64_t value) {
  rlimit limit{};
  if (getrlimit(resource, &limit) != 0) Complain("getrlimit");
  const rlim_t wanted = std::min<rlim_t>(value, limit.rlim_max);
  limit = {wanted, wanted};
  if (setrlimit(resource, &limit) != 0) Complain("setrlimit");
}

void LimitAll(const Plan& plan) {
  const SandboxLimits& limits = *plan.limits;
  Limit(RLIMIT_CORE, 0);
  Limit(RLIMIT_CPU, static_cast<std::uint64_t>(limits.cpu_time.count()));
  Limit(RLIMIT_FSIZE, limits.file_bytes);
  Limit(RLIMIT_NOFILE, kOpenFilesMax);
  if (limits.address_space_bytes > 0) {
    Limit(RLIMIT_AS, limits.address_space_bytes);
  }
  if (plan.start->limit_processes) {
    Limit(RLIMIT_NPROC, static_cast<std::uint64_t>(limits.process_count));
  }
}

void BecomeUser(unsigned user) {
  if (setgroups(0, nullptr) != 0) Complain("setgroups");
  if (setresgid(user, user, user) != 0) Complain("setresgid");
  if (setresuid(user, user, user) != 0) Complain("setresuid");
}

void DefaultSignals() {
  for (int signal = 1; signal < NSIG; ++signal) {
    std::signal(signal, SIG_DFL);
  }
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

[[noreturn]] void RunChild(const Plan& plan) {
  DefaultSignals();
  setsid();
  const int input = open("/dev/null", O_RDONLY);
  if (input < 0 || dup2(input, STDIN_FILENO) < 0 ||
      dup2(plan.output, STDOUT_FILENO) < 0 ||
      dup2(plan.output, STDERR_FILENO) < 0) {
    _exit(kExecFailed);
  }
  // None of the server's files, sockets and locks.
  unsigned first_closed = STDERR_FILENO + 1;
  if (plan.child_info >= 0) {
    if (dup2(plan.child_info, kInfoNumber) < 0) _exit(kExecFailed);
    fcntl(kInfoNumber, F_SETFD, 0);
    first_closed = kInfoNumber + 1;
  }
  syscall(SYS_close_range, first_closed, ~0U, 0U);
  if (plan.start->no_network) unshare(CLONE_NEWNET);
  if (chdir(plan.folder) != 0) Complain("chdir");
  if (plan.start->user) BecomeUser(*plan.start->user);
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  // After the user changed, which clears it.
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (getppid() != plan.parent) _exit(kExecFailed);
  LimitAll(plan);
  execve(plan.arguments[0], plan.arguments.data(), plan.environment.data());
  Complain("exec");
}

std::vector<char*> Pointers(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (const std::string& text : texts) {
    pointers.push_back(const_cast<char*>(text.c_str()));
  }
  pointers.push_back(nullptr);
  return pointers;
}

// A process as /proc shows it.
struct ProcessRow {
  pid_t id = 0;
  pid_t parent = 0;
  pid_t session = 0;
  std::uint64_t resident_bytes = 0;
};

std::optional<ProcessRow> ReadProcess(pid_t id) {
  const std::string path = "/proc/" + std::to_string(id) + "/stat";
  constexpr std::size_t kStatBytesMax = 4096;
  const auto text = platform::ReadTextFile(path, kStatBytesMax);
  if (!text) return std::nullopt;
  // The name, in parentheses, may hold anything.
  const std::size_t name_end = text->rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::vector<std::int64_t> fields;
  const char* at = text->data() + name_end + 1;
  const char* const end = text->data() + text->size();
  // After the name: state (a letter), then numbers from field 4 on.
  while (at != end && fields.size() < 22) {
    if (*at == ' ' || (*at >= 'A' && *at <= 'z')) {
      ++at;
      continue;
    }
    std::int64_t value = 0;
    const auto parsed = std::from_chars(at, end, value);
    if (parsed.ptr == at) break;
    fields.push_back(value);
    at = parsed.ptr;
  }
  constexpr std::size_t kParent = 0;
  constexpr std::size_t kSession = 2;
  constexpr std::size_t kResidentPages = 20;
  if (fields.size() <= kResidentPages) return std::nullopt;
  const auto page_bytes = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  return ProcessRow{id, static_cast<pid_t>(fields[kParent]),
                    static_cast<pid_t>(fields[kSession]),
                    static_cast<std::uint64_t>(
                        std::max<std::int64_t>(fields[kResidentPages], 0)) *
                        page_bytes};
}

std::vector<ProcessRow> AllProcesses() {
  std::vector<ProcessRow> rows;
  std::error_code error;
  for (fs::directory_iterator entry("/proc", error), end;
       !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    pid_t id = 0;
    const auto parsed =
        std::from_chars(name.data(), name.data() + name.size(), id);
    if (parsed.ec != std::errc() || parsed.ptr != name.data() + name.size()) {
      continue;
    }
    if (const auto row = ReadProcess(id)) rows.push_back(*row);
  }
  return rows;
}

// Those below `root`, and those of its session that lost their parent.
std::vector<ProcessRow> FamilyOf(pid_t root) {
  const std::vector<ProcessRow> all = AllProcesses();
  std::set<pid_t> members = {root};
  std::vector<ProcessRow> family;
  for (bool grown = true; grown;) {
    grown = false;
    for (const ProcessRow& row : all) {
      const bool is_new = !members.contains(row.id) &&
                          (members.contains(row.parent) || row.session == root);
      if (is_new) grown = members.insert(row.id).second;
    }
  }
  for (const ProcessRow& row : all) {
    if (members.contains(row.id)) family.push_back(row);
  }
  return family;
}

// Gives the end to write to; reading from `source` does not wait.
Result<FileDescriptor> MakePipe(FileDescriptor& source) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return ErrnoError(errno, "pipe");
  source = FileDescriptor(ends[0]);
  FileDescriptor sink(ends[1]);
  if (fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0) {
    return ErrnoError(errno, "pipe");
  }
  return sink;
}

bool HasProcesses(unsigned user) {
  for (const ProcessRow& row : AllProcesses()) {
    struct stat status{};
    const std::string folder = "/proc/" + std::to_string(row.id);
    if (stat(folder.c_str(), &status) == 0 && status.st_uid == user) {
      return true;
    }
  }
  return false;
}

// Sends SIGKILL to all that a user may kill, as that user.
void SignalUser(unsigned user) {
  const pid_t killer = fork();
  if (killer < 0) return;
  if (killer == 0) {
    if (setgroups(0, nullptr) != 0 || setresgid(user, user, user) != 0 ||
        setresuid(user, user, user) != 0) {
      _exit(1);
    }
    kill(-1, SIGKILL);
    _exit(0);
  }
  while (waitpid(killer, nullptr, 0) < 0 && errno == EINTR) {
  }
}

// Kills every process of a user that only one job runs as. What kill(-1) gives
// back does not say whether there was one: others' processes count too.
void KillUser(unsigned user) {
  for (int i = 0; i < kNamespaceEndMs; ++i) {
    SignalUser(user);
    if (!HasProcesses(user)) return;
    usleep(1000);
  }
}

}  // namespace

Result<ContainedProcess> ContainedProcess::Start(const ContainedStart& start,
                                                 const SandboxLimits& limits) {
  ContainedProcess process;
  SKERRY_ASSIGN_OR_RETURN(const FileDescriptor sink, MakePipe(process.output_));
  FileDescriptor info_sink;
  if (start.tells_child) {
    SKERRY_ASSIGN_OR_RETURN(info_sink, MakePipe(process.child_info_));
  }
  const Plan plan{Pointers(start.arguments),
                  Pointers(start.environment),
                  start.folder.c_str(),
                  &start,
                  &limits,
                  sink.number(),
                  info_sink.number(),
                  getpid()};
  const pid_t id = fork();
  if (id < 0) return ErrnoError(errno, "fork");
  if (id == 0) RunChild(plan);
  process.id_ = id;
  process.user_ = start.user;
  SKERRY_ASSIGN_OR_RETURN(process.handle_, platform::OpenProcess(id));
  return process;
}

ContainedProcess::ContainedProcess(ContainedProcess&& other) noexcept
    : id_(std::exchange(other.id_, 0)),
      handle_(std::move(other.handle_)),
      output_(std::move(other.output_)),
      child_info_(std::move(other.child_info_)),
      child_words_(std::move(other.child_words_)),
      child_(std::move(other.child_)),
      user_(other.user_) {}

ContainedProcess::~ContainedProcess() {
  if (id_ != 0) End();
}

void ContainedProcess::MeetChild() {
  std::array<char, 256> text{};
  const ssize_t count = read(child_info_.number(), text.data(), text.size());
  if (count < 0) return;
  child_words_.append(text.data(), static_cast<std::size_t>(count));
  constexpr std::size_t kWordsMax = 4096;
  const bool more = count > 0 && child_words_.size() < kWordsMax;
  if (!child_words_.contains('}') && more) return;
  // Not before it has said all, or writing would end it.
  child_info_.Close();
  const std::string_view words = child_words_;
  constexpr std::string_view kKey = "\"child-pid\": ";
  const std::size_t at = words.find(kKey);
  if (at == std::string_view::npos) return;
  pid_t child = 0;
  const char* const digits = words.data() + at + kKey.size();
  std::from_chars(digits, words.data() + words.size(), child);
  if (child <= 0) return;
  if (auto handle = platform::OpenProcess(child)) child_ = std::move(*handle);
}

std::uint64_t ContainedProcess::MemoryBytes() const {
  std::uint64_t bytes = 0;
  for (const ProcessRow& row : FamilyOf(id_)) bytes += row.resident_bytes;
  return bytes;
}

int ContainedProcess::End() {
  // A process namespace dies with its first process, which dies with
  // bubblewrap. Without one, what was started is found, and what hid from that
  // has a user of its own.
  if (child_info_.open()) MeetChild();
  for (const ProcessRow& row : FamilyOf(id_)) kill(row.id, SIGKILL);
  kill(id_, SIGKILL);
  int status = 0;
  while (waitpid(id_, &status, 0) < 0 && errno == EINTR) {
  }
  if (child_.open()) {
    // It ends after all others of its namespace.
    pollfd waited{child_.number(), POLLIN, 0};
    while (poll(&waited, 1, kNamespaceEndMs) < 0 && errno == EINTR) {
    }
  }
  if (user_) KillUser(*user_);
  id_ = 0;
  return status;
}

}  // namespace skerry::cloud
