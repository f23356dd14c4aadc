#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "agent_bench_options.h"
#include "agent_client.h"
#include "bench_subject.h"
#include "command.h"
#include "fma_peak.h"
#include "format.h"
#include "layer_bench.h"
#include "layer_report.h"
#include "reports.h"
#include "skerry/platform/cpu.h"
#include "skerry/platform/process.h"
#include "skerry/platform/subprocess.h"
#include "skerry/runtime/session.h"
#include "statistics.h"

namespace skerry::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kColdCommand = "bench-cold-start";
constexpr int kColdRuns = 7;
/// A cold process runs the model this often before it tells its memory.
constexpr int kRunsForMemory = 3;
constexpr std::size_t kRunsMax = 5'000'000;

struct BenchFlags {
  std::string model;
  std::vector<int> threads;
  double seconds = 2;
  bool json = false;
  bool layers = false;
  std::size_t top = 0;  ///< show only so many layers; 0: all
};

/// What was measured with one thread count.
struct Measurement {
  int threads = 0;
  std::size_t runs = 0;
  Summary run_ms = {};
  Summary cold_start_ms = {};
  std::uint64_t arena_bytes = 0;
  std::uint64_t resident_bytes = 0;
  double gflops = 0;
  double peak_gflops = 0;
};

double Milliseconds(Clock::duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

Result<std::vector<double>> TimeRuns(Subject& subject, double seconds) {
  for (int i = 0; i < kWarmUpRuns; ++i) {
    SKERRY_RETURN_IF_ERROR(subject.Run());
  }
  std::vector<double> times_ms;
  const Clock::time_point begin = Clock::now();
  Clock::time_point start = begin;
  while (times_ms.size() < kRunsMax &&
         (times_ms.size() < kRunsMin ||
          Milliseconds(start - begin) < seconds * 1000)) {
    SKERRY_RETURN_IF_ERROR(subject.Run());
    const Clock::time_point end = Clock::now();
    times_ms.push_back(Milliseconds(end - start));
    start = end;
  }
  return times_ms;
}

/// What a process of its own tells, see `RunCold`.
struct ColdStart {
  double milliseconds = 0;
  std::uint64_t resident_bytes = 0;
};

/// Starts this program anew to run the model once.
Result<ColdStart> MeasureColdStart(const std::string& path, int threads) {
  const Clock::time_point start = Clock::now();
  SKERRY_ASSIGN_OR_RETURN(
      const platform::CommandResult ran,
      platform::RunCommand({.arguments = {"/proc/self/exe", kColdCommand, path,
                                          std::to_string(threads)}}));
  long long first_result_ns = 0;
  unsigned long long resident_bytes = 0;
  if (ran.exit_code != 0 ||
      std::sscanf(ran.out.c_str(), "%lld %llu", &first_result_ns,
                  &resident_bytes) != 2) {
    return Internal("a process of its own cannot run the model: " + ran.err);
  }
  // The clock is the system's, so both processes read the same one.
  const Clock::time_point first_result{
      std::chrono::nanoseconds(first_result_ns)};
  return ColdStart{Milliseconds(first_result - start), resident_bytes};
}

/// The other side of `MeasureColdStart`: prints when the first result was
/// there, and the most memory that was in use after a few.
Result<void> RunCold(const std::string& path, int threads) {
  SKERRY_ASSIGN_OR_RETURN(Subject subject, LoadSubject(path, threads));
  SKERRY_RETURN_IF_ERROR(subject.Run());
  const std::chrono::nanoseconds first_result = Clock::now().time_since_epoch();
  for (int i = 1; i < kRunsForMemory; ++i) {
    SKERRY_RETURN_IF_ERROR(subject.Run());
  }
  std::printf("%lld %zu\n", static_cast<long long>(first_result.count()),
              platform::ProcessMemory().resident_peak_bytes);
  return {};
}

Result<Measurement> Measure(const BenchFlags& options, int threads) {
  Measurement measurement{.threads = threads};
  std::vector<double> cold_ms;
  for (int i = 0; i < kColdRuns; ++i) {
    SKERRY_ASSIGN_OR_RETURN(const ColdStart cold,
                            MeasureColdStart(options.model, threads));
    cold_ms.push_back(cold.milliseconds);
    measurement.resident_bytes =
        std::max(measurement.resident_bytes, cold.resident_bytes);
  }
  measurement.cold_start_ms = Summarize(std::move(cold_ms));

  SKERRY_ASSIGN_OR_RETURN(Subject subject, LoadSubject(options.model, threads));
  SKERRY_ASSIGN_OR_RETURN(std::vector<double> times_ms,
                          TimeRuns(subject, options.seconds));
  measurement.runs = times_ms.size();
  measurement.run_ms = Summarize(std::move(times_ms));

  const Manifest& manifest = subject.session.model().manifest();
  std::int64_t flops = 0;
  for (const LayerSpec& layer : manifest.layers) flops += layer.flops;
  measurement.arena_bytes = manifest.arena_bytes;
  measurement.gflops =
      static_cast<double>(flops) / (measurement.run_ms.best * 1e6);
  measurement.peak_gflops = MeasurePeakGflops(threads);
  return measurement;
}

Json MeasuredJson(const Measurement& measurement) {
  return {{"threads", measurement.threads},
          {"best_ms", measurement.run_ms.best},
          {"median_ms", measurement.run_ms.median},
          {"p99_ms", measurement.run_ms.p99},
          {"mean_ms", measurement.run_ms.mean},
          {"runs", measurement.runs},
          {"cold_start_ms", measurement.cold_start_ms.median},
          {"cold_start_best_ms", measurement.cold_start_ms.best},
          {"arena_bytes", measurement.arena_bytes},
          {"resident_bytes", measurement.resident_bytes},
          {"gflops", measurement.gflops},
          {"peak_gflops", measurement.peak_gflops},
          {"peak_share", measurement.gflops / measurement.peak_gflops}};
}

void PrintTable(const std::vector<Measurement>& measurements) {
  std::vector<std::vector<std::string>> rows = {
      {"threads", "best ms", "median ms", "p99 ms", "runs", "cold start ms",
       "arena", "resident", "GFLOP/s", "of peak"}};
  for (const Measurement& m : measurements) {
    rows.push_back({std::to_string(m.threads), FormatFixed(m.run_ms.best, 3),
                    FormatFixed(m.run_ms.median, 3),
                    FormatFixed(m.run_ms.p99, 3), std::to_string(m.runs),
                    FormatFixed(m.cold_start_ms.median, 1),
                    FormatBytes(m.arena_bytes), FormatBytes(m.resident_bytes),
                    FormatFixed(m.gflops, 1),
                    FormatFixed(100 * m.gflops / m.peak_gflops, 0) + " %"});
  }
  std::fputs(FormatTable(rows, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}).c_str(), stdout);
}

Result<void> BenchLayers(const BenchFlags& options) {
  const std::vector<int> threads =
      options.threads.empty() ? std::vector<int>{1} : options.threads;
  Json list = Json::array();
  for (const int count : threads) {
    SKERRY_ASSIGN_OR_RETURN(
        const LayerMeasurement measurement,
        MeasureLayers(options.model, count, options.seconds));
    if (options.json) {
      list.push_back(LayerJson(measurement, options.top));
      continue;
    }
    if (count != threads.front()) std::fputs("\n", stdout);
    std::fputs(LayerText(measurement, options.top).c_str(), stdout);
  }
  if (options.json) PrintJson(list);
  return {};
}

Result<void> Bench(const BenchFlags& options) {
  if (options.layers) return BenchLayers(options);
  std::vector<int> threads = options.threads;
  if (threads.empty()) {
    threads = {1};
    const int count = platform::AvailableCpuCount();
    if (count > 1) threads.push_back(count);
  }
  // A file that cannot be run is told before any process is started.
  SKERRY_RETURN_IF_ERROR(LoadSubject(options.model, 1));
  std::vector<Measurement> measurements;
  for (const int count : threads) {
    SKERRY_ASSIGN_OR_RETURN(const Measurement measurement,
                            Measure(options, count));
    measurements.push_back(measurement);
  }
  if (!options.json) {
    PrintTable(measurements);
    return {};
  }
  Json list = Json::array();
  for (const Measurement& each : measurements)
    list.push_back(MeasuredJson(each));
  PrintJson(list);
  return {};
}

void AddColdStartCommand(CLI::App& app, Action& action) {
  auto options = std::make_shared<BenchFlags>();
  options->threads.resize(1);
  CLI::App* command = app.add_subcommand(kColdCommand, "")->group("");
  command->add_option("MODEL", options->model)->required();
  command->add_option("THREADS", options->threads[0])->required();
  command->callback([&action, options] {
    action = [options] { return RunCold(options->model, options->threads[0]); };
  });
}

}  // namespace

void AddBenchCommand(CLI::App& app, Action& action, char** argv) {
  auto options = std::make_shared<BenchFlags>();
  auto agent = std::make_shared<AgentBenchOptions>();
  CLI::App* command = app.add_subcommand(
      "bench", "Measure a compiled model, or an agent, on random input");
  command
      ->add_option("MODEL", options->model,
                   "a compiled model, or one that the agent has")
      ->required();
  CLI::Option* threads =
      command
          ->add_option(
              "--threads", options->threads,
              "thread counts to measure; by default 1 and one for each "
              "CPU")
          ->type_name("COUNT[,COUNT]...")
          ->delimiter(',')
          ->allow_extra_args(false)
          ->check(CLI::Range(1, runtime::kThreadCountMax).description(""));
  command
      ->add_option("--seconds", options->seconds,
                   "how long to run with each count (2)")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.0, 3600.0).description(""));
  command->add_flag("--json", options->json,
                    "print JSON: a list with an object for each line");
  CLI::Option* layers = command->add_flag(
      "--layers", options->layers,
      "measure each layer: time, speed, share of the CPU's peak and of the "
      "memory's; with 1 thread unless --threads says otherwise");
  command
      ->add_option("--top", options->top,
                   "show only so many layers, the slowest first")
      ->type_name("COUNT")
      ->check(CLI::Range(1, 1'000'000).description(""))
      ->needs(layers);
  AddAgentBenchFlags(*command, *agent);
  command->get_option("--agent")->excludes(threads)->excludes(layers);
  AddExamples(*command,
              "  skerry bench mobilenet.so\n"
              "  skerry bench mobilenet.so --threads 1,2 --seconds 5 --json\n"
              "  skerry bench mobilenet.so --layers --top 10\n"
              "  skerry bench --agent /run/skerry.sock mobilenet "
              "--clients 1,8\n");
  command->callback([&action, options, agent, argv] {
    action = [options, agent, argv] {
      return agent->socket.empty() ? Bench(*options) : BecomeAgentClient(argv);
    };
  });
  AddColdStartCommand(app, action);
}

}  // namespace skerry::cli
