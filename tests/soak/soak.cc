// Asks an agent a great many times, in all the ways there are, while models
// come, go and die, and checks that each answer is the answer to its request.
//
// usage: agent_soak SOCKET PROCESS REPOSITORY PACKAGES REQUESTS SEED
//                   CLIENTS GROWTH_MAX
//
// PROCESS is the agent's process id. GROWTH_MAX is by how much its resident
// memory may grow from a tenth of the requests to the end (0.02), 0 for any.
// Exit code 1: an answer was lost or crossed, memory grew, or the agent died.

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "operator.h"
#include "soak_client.h"

namespace skerry::soak {
namespace {

struct Options {
  Site site;
  std::uint64_t requests = 0;
  std::uint64_t seed = 0;
  int clients = 16;
  double growth_max = 0;
};

/// In bytes; 0 if the process has gone.
double ResidentBytes(pid_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/statm");
  double size = 0;
  double resident = 0;
  file >> size >> resident;
  return resident * 4096;
}

class Soak {
 public:
  explicit Soak(Options options)
      : options_(std::move(options)),
        operator_(options_.site, options_.seed, tally_) {}

  int Run() {
    if (!operator_.Prepare()) return 1;
    const auto start = std::chrono::steady_clock::now();
    std::vector<std::jthread> threads;
    for (int i = 0; i < options_.clients; ++i) {
      threads.emplace_back([this, i] { Ask(i); });
    }
    Watch();
    threads.clear();
    const std::chrono::duration<double> passed =
        std::chrono::steady_clock::now() - start;
    return Report(passed.count());
  }

 private:
  void Ask(int number) {
    SoakClient client(options_.site.socket, targets_,
                      options_.seed * 1000 + static_cast<unsigned>(number) + 1,
                      tally_);
    while (asked_.fetch_add(1) < options_.requests && Alive()) client.Ask();
  }

  bool Alive() const { return kill(options_.site.process, 0) == 0; }

  /// Operates the agent until all requests are made, and looks at its memory.
  void Watch() {
    const std::uint64_t tenth = options_.requests / 10;
    std::uint64_t told = 0;
    while (asked_ < options_.requests && Alive()) {
      operator_.Act();
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
      if (early_bytes_ == 0 && asked_ >= tenth) {
        early_bytes_ = ResidentBytes(options_.site.process);
      }
      if (tenth > 0 && asked_ / tenth > told) {
        told = asked_ / tenth;
        std::printf("%3d %%  %s, resident %.1f MB\n",
                    static_cast<int>(told * 10), tally_.ToString().c_str(),
                    ResidentBytes(options_.site.process) / 1e6);
        std::fflush(stdout);
      }
    }
  }

  int Report(double seconds) {
    const double late_bytes = ResidentBytes(options_.site.process);
    const double growth = early_bytes_ > 0 ? late_bytes / early_bytes_ - 1 : 0;
    std::printf(
        "%llu requests in %.1f s, %.0f/s: %s\n"
        "%llu swaps, %llu loads and unloads, %llu workers killed\n"
        "resident %.1f MB at a tenth, %.1f MB at the end (%+.1f %%)\n",
        static_cast<unsigned long long>(tally_.total()), seconds,
        static_cast<double>(tally_.total()) / seconds,
        tally_.ToString().c_str(),
        static_cast<unsigned long long>(operator_.swaps()),
        static_cast<unsigned long long>(operator_.loads()),
        static_cast<unsigned long long>(operator_.kills()), early_bytes_ / 1e6,
        late_bytes / 1e6, growth * 100);
    const bool grew = options_.growth_max > 0 && growth > options_.growth_max;
    if (grew) std::printf("FAULT: the agent's memory grew\n");
    if (!Alive()) std::printf("FAULT: the agent died\n");
    return tally_.faults() > 0 || grew || !Alive() ? 1 : 0;
  }

  const Options options_;
  // UNAVAILABLE: unloaded between looking up and running, or killed.
  const std::vector<Target> targets_ = {
      {"net", {1, 2}, {grpc::RESOURCE_EXHAUSTED}},
      {"isolated", {3}, {grpc::RESOURCE_EXHAUSTED, grpc::UNAVAILABLE}},
      {"coming",
       {4},
       {grpc::RESOURCE_EXHAUSTED, grpc::UNAVAILABLE, grpc::NOT_FOUND}},
  };
  Tally tally_;
  Operator operator_;
  std::atomic<std::uint64_t> asked_ = 0;
  double early_bytes_ = 0;
};

}  // namespace
}  // namespace skerry::soak

int main(int argc, char** argv) {
  if (argc != 9) {
    std::fprintf(stderr,
                 "usage: %s SOCKET PROCESS REPOSITORY PACKAGES REQUESTS SEED "
                 "CLIENTS GROWTH_MAX\n",
                 argv[0]);
    return 2;
  }
  std::signal(SIGPIPE, SIG_IGN);
  return skerry::soak::Soak({.site = {.socket = argv[1],
                                      .process = std::atoi(argv[2]),
                                      .repository = argv[3],
                                      .packages = argv[4]},
                             .requests = std::strtoull(argv[5], nullptr, 10),
                             .seed = std::strtoull(argv[6], nullptr, 10),
                             .clients = std::atoi(argv[7]),
                             .growth_max = std::atof(argv[8])})
      .Run();
}
