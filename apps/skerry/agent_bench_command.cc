#include "agent_bench_command.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "agent_load.h"
#include "format.h"
#include "reports.h"
#include "statistics.h"

namespace skerry::cli {
namespace {

/// What was measured with one number of clients and one way of tensors.
struct Measurement {
  int clients = 0;
  bool shared_memory = false;
  std::size_t requests = 0;
  double requests_per_s = 0;
  Percentiles latency_us = {};
  Percentiles overhead_us = {};  ///< latency without the model's own time
  double model_us = 0;           ///< median
};

Measurement Summarize(const AgentLoad& load, const AgentLoadResult& result) {
  std::vector<double> latency;
  std::vector<double> overhead;
  std::vector<double> model;
  for (const RequestTime& time : result.requests) {
    latency.push_back(time.latency_ns / 1e3);
    model.push_back(time.model_ns / 1e3);
    overhead.push_back(std::max(0.0, latency.back() - model.back()));
  }
  return {
      .clients = load.clients,
      .shared_memory = load.shared_memory,
      .requests = latency.size(),
      .requests_per_s = static_cast<double>(latency.size()) / result.seconds,
      .latency_us = ComputePercentiles(std::move(latency)),
      .overhead_us = ComputePercentiles(std::move(overhead)),
      .model_us = ComputePercentiles(std::move(model)).p50};
}

const char* WayName(const Measurement& measurement) {
  return measurement.shared_memory ? "shared" : "inline";
}

Json MeasuredJson(const Percentiles& percentiles) {
  return {{"p50", percentiles.p50},
          {"p90", percentiles.p90},
          {"p99", percentiles.p99},
          {"p99_9", percentiles.p99_9},
          {"max", percentiles.max}};
}

Json MeasuredJson(const Measurement& measurement) {
  return {{"clients", measurement.clients},
          {"tensors", WayName(measurement)},
          {"requests", measurement.requests},
          {"requests_per_s", measurement.requests_per_s},
          {"latency_us", MeasuredJson(measurement.latency_us)},
          {"overhead_us", MeasuredJson(measurement.overhead_us)},
          {"model_us", measurement.model_us}};
}

void PrintTable(const std::vector<Measurement>& measurements) {
  std::vector<std::vector<std::string>> rows = {
      {"clients", "tensors", "requests/s", "p50 us", "p90 us", "p99 us",
       "p99.9 us", "max us", "model us", "overhead p50 us", "p99 us"}};
  for (const Measurement& m : measurements) {
    rows.push_back(
        {std::to_string(m.clients), WayName(m),
         FormatFixed(m.requests_per_s, 0), FormatFixed(m.latency_us.p50, 0),
         FormatFixed(m.latency_us.p90, 0), FormatFixed(m.latency_us.p99, 0),
         FormatFixed(m.latency_us.p99_9, 0), FormatFixed(m.latency_us.max, 0),
         FormatFixed(m.model_us, 1), FormatFixed(m.overhead_us.p50, 0),
         FormatFixed(m.overhead_us.p99, 0)});
  }
  std::fputs(FormatTable(rows, {0, 2, 3, 4, 5, 6, 7, 8, 9, 10}).c_str(),
             stdout);
}

Result<Measurement> Measure(const AgentBenchOptions& options, int clients,
                            bool shared_memory) {
  const AgentLoad load{.socket = options.socket,
                       .model = options.model,
                       .clients = clients,
                       .seconds = options.seconds,
                       .shared_memory = shared_memory};
  SKERRY_ASSIGN_OR_RETURN(const AgentLoadResult result, RunAgentLoad(load));
  if (result.requests.empty()) {
    return InvalidArgument("no request was answered in " +
                           FormatNumber(options.seconds) +
                           " s\ngive more time by --seconds");
  }
  return Summarize(load, result);
}

}  // namespace

Result<void> BenchAgent(const AgentBenchOptions& options) {
  std::vector<bool> ways;
  if (!options.shared_memory) ways.push_back(false);
  if (!options.inline_only) ways.push_back(true);
  std::vector<Measurement> measurements;
  for (const bool shared_memory : ways) {
    for (const int clients : options.clients) {
      SKERRY_ASSIGN_OR_RETURN(const Measurement measurement,
                              Measure(options, clients, shared_memory));
      measurements.push_back(measurement);
    }
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

}  // namespace skerry::cli
