#include "operator.h"

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <vector>

namespace skerry::soak {
namespace {

namespace fs = std::filesystem;

constexpr char kComing[] = "coming";

/// The processes that `parent` started.
std::vector<pid_t> ChildrenOf(pid_t parent) {
  std::vector<pid_t> children;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/proc", error)) {
    std::ifstream file(entry.path() / "stat");
    std::string line;
    if (!std::getline(file, line)) continue;
    // "pid (name) state parent ..."; names may hold anything.
    const std::size_t end = line.rfind(')');
    char state = 0;
    int process_of = 0;
    if (end == std::string::npos ||
        std::sscanf(line.c_str() + end, ") %c %d", &state, &process_of) != 2) {
      continue;
    }
    if (process_of == parent && state != 'Z') {
      children.push_back(std::atoi(line.c_str()));
    }
  }
  return children;
}

}  // namespace

Operator::Operator(const Site& site, std::uint64_t seed, Tally& tally)
    : site_(site),
      random_(seed),
      tally_(tally),
      caller_(site.socket),
      http_(site.socket) {}

bool Operator::Prepare() {
  return LoadFromRepository("net") && LoadFromRepository("isolated");
}

bool Operator::LoadFromRepository(const std::string& model) {
  const std::string request = HttpConnection::Post(
      "/v2/repository/models/" + model + "/load", "{}", "application/json");
  if (!http_.Send(request)) {
    http_.Close();
    http_.Send(request);
  }
  const auto answer = http_.Receive();
  if (answer && answer->status == 200) return true;
  http_.Close();
  tally_.AddFault(Outcome::kLost, "loading '" + model + "': " +
                                      (answer ? answer->body : "no answer"));
  return false;
}

void Operator::Act() {
  // A worker that dies again and again is started after growing pauses, in
  // which there would be little to check.
  if (Below(random_, 20) == 0) return Kill();
  // "coming" is rather there than not.
  const bool load = !coming_is_loaded_ || Below(random_, 4) == 0;
  return load ? LoadOrUnload() : Swap();
}

/// Puts the next version, with the other bias, in place of the one there.
void Operator::Swap() {
  const fs::path model = fs::path(site_.repository) / "net";
  const int next = version_ + 1;
  std::error_code error;
  const fs::path source =
      fs::path(site_.packages) / (next % 2 == 0 ? "2" : "1");
  fs::copy(source, model / std::to_string(next), fs::copy_options::recursive,
           error);
  if (error || !LoadFromRepository("net")) return;
  fs::remove_all(model / std::to_string(version_), error);
  version_ = next;
  ++swaps_;
}

void Operator::LoadOrUnload() {
  const grpc::Status status =
      coming_is_loaded_ ? caller_.Unload(kComing)
                        : caller_.Load(kComing, site_.packages + "/4");
  if (!status.ok()) {
    return tally_.AddFault(Outcome::kLost,
                           "loading: " + status.error_message());
  }
  coming_is_loaded_ = !coming_is_loaded_;
  ++loads_;
}

void Operator::Kill() {
  const std::vector<pid_t> workers = ChildrenOf(site_.process);
  if (workers.empty()) return;
  kill(workers[Below(random_, workers.size())], SIGKILL);
  ++kills_;
}

}  // namespace skerry::soak
