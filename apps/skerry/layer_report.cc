#include "layer_report.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <utility>

#include "format.h"

namespace skerry::cli {
namespace {

constexpr double kBarColumns = 20;
/// Names made from a program's modules can be longer than a line.
constexpr std::size_t kNameColumnsMax = 32;

/// A layer, or all layers of an operator.
struct Cost {
  int count = 0;
  double us = 0;
  std::int64_t flops = 0;
  std::int64_t bytes = 0;

  /// 0 if the clock saw no time pass.
  double gflops() const { return PerNanosecond(flops); }
  double gbps() const { return PerNanosecond(bytes); }

 private:
  double PerNanosecond(std::int64_t amount) const {
    return us > 0 ? static_cast<double>(amount) / (us * 1e3) : 0;
  }
};

Cost CostOf(const LayerMeasurement& m, std::size_t i) {
  return {1, m.layer_us[i], m.layers[i].flops, m.layers[i].bytes};
}

double SumUs(const LayerMeasurement& m) {
  return std::accumulate(m.layer_us.begin(), m.layer_us.end(), 0.0);
}

double Share(double part, double all) { return all > 0 ? part / all : 0; }

/// Which layers to show, in which order.
std::vector<std::size_t> Shown(const LayerMeasurement& m, std::size_t top) {
  std::vector<std::size_t> indices(m.layers.size());
  std::iota(indices.begin(), indices.end(), std::size_t{0});
  if (top == 0) return indices;
  std::ranges::sort(indices, [&](std::size_t a, std::size_t b) {
    return m.layer_us[a] != m.layer_us[b] ? m.layer_us[a] > m.layer_us[b]
                                          : a < b;
  });
  indices.resize(std::min(top, indices.size()));
  return indices;
}

std::vector<std::pair<std::string, Cost>> Operators(const LayerMeasurement& m) {
  std::map<std::string, Cost> by_name;
  for (std::size_t i = 0; i < m.layers.size(); ++i) {
    Cost& cost = by_name[m.layers[i].op];
    ++cost.count;
    cost.us += m.layer_us[i];
    cost.flops += m.layers[i].flops;
    cost.bytes += m.layers[i].bytes;
  }
  std::vector<std::pair<std::string, Cost>> sorted(by_name.begin(),
                                                   by_name.end());
  std::ranges::sort(sorted, [](const auto& a, const auto& b) {
    return a.second.us != b.second.us ? a.second.us > b.second.us
                                      : a.first < b.first;
  });
  return sorted;
}

/// A name's end tells most.
std::string ShortName(const std::string& name) {
  if (name.size() <= kNameColumnsMax) return name;
  return ".." + name.substr(name.size() - (kNameColumnsMax - 2));
}

std::string Percent(double share) { return FormatFixed(100 * share, 1) + " %"; }

/// Cells that layers and operators have in common.
std::vector<std::string> CostCells(const LayerMeasurement& m, const Cost& cost,
                                   double longest_us) {
  const double columns = kBarColumns * Share(cost.us, longest_us);
  return {FormatFixed(cost.us, 1),
          Percent(Share(cost.us, SumUs(m))),
          FormatFixed(cost.gflops(), 1),
          Percent(Share(cost.gflops(), m.peak_gflops)),
          FormatFixed(cost.gbps(), 1),
          Percent(Share(cost.gbps(), m.memory_gbps)),
          std::string(static_cast<std::size_t>(std::lround(columns)), '#')};
}

using Row = std::vector<std::string>;

Row Joined(Row row, const Row& more) {
  row.insert(row.end(), more.begin(), more.end());
  return row;
}

const Row& CostTitles() {
  static const Row kTitles = {"us",   "share",     "GFLOP/s", "of peak",
                              "GB/s", "of memory", ""};
  return kTitles;
}

std::string LayerTable(const LayerMeasurement& m, std::size_t top) {
  const double longest = m.layer_us.empty() ? 0 : std::ranges::max(m.layer_us);
  std::vector<Row> rows = {
      Joined({"layer", "operator", "kernel", "output"}, CostTitles())};
  for (const std::size_t i : Shown(m, top)) {
    const LayerSpec& layer = m.layers[i];
    rows.push_back(Joined({ShortName(layer.name), layer.op, layer.kernel,
                           layer.output.ToString()},
                          CostCells(m, CostOf(m, i), longest)));
  }
  return FormatTable(rows, {4, 5, 6, 7, 8, 9});
}

std::string OperatorTable(const LayerMeasurement& m) {
  const auto operators = Operators(m);
  std::vector<Row> rows = {Joined({"operator", "layers"}, CostTitles())};
  for (const auto& [name, cost] : operators) {
    rows.push_back(Joined({name, std::to_string(cost.count)},
                          CostCells(m, cost, operators.front().second.us)));
  }
  return FormatTable(rows, {1, 2, 3, 4, 5, 6, 7});
}

Json CostJson(const LayerMeasurement& m, const Cost& cost) {
  return {{"median_us", cost.us},
          {"share", Share(cost.us, SumUs(m))},
          {"gflops", cost.gflops()},
          {"peak_share", Share(cost.gflops(), m.peak_gflops)},
          {"gbytes_per_s", cost.gbps()},
          {"memory_share", Share(cost.gbps(), m.memory_gbps)}};
}

}  // namespace

std::string LayerText(const LayerMeasurement& measurement, std::size_t top) {
  const LayerMeasurement& m = measurement;
  const std::string threads =
      std::to_string(m.threads) + (m.threads == 1 ? " thread" : " threads");
  return FormatTable(
             {{"model", m.model},
              {"whole run", FormatFixed(m.run_us, 1) + " us with " + threads +
                                ", median of " + std::to_string(m.runs)},
              {"layers", FormatFixed(SumUs(m), 1) +
                             " us in all: the medians of " +
                             std::to_string(m.layers.size())},
              {"this CPU",
               FormatFixed(m.peak_gflops, 1) + " GFLOP/s at its peak, " +
                   FormatFixed(m.memory_gbps, 1) + " GB/s from memory"}}) +
         "\n" + LayerTable(m, top) + "\n" + OperatorTable(m);
}

Json LayerJson(const LayerMeasurement& measurement, std::size_t top) {
  const LayerMeasurement& m = measurement;
  Json layers = Json::array();
  for (const std::size_t i : Shown(m, top)) {
    Json layer = ToJson(m.layers[i]);
    layer.update(CostJson(m, CostOf(m, i)));
    layers.push_back(std::move(layer));
  }
  Json operators = Json::array();
  for (const auto& [name, cost] : Operators(m)) {
    Json entry = {{"op", name},
                  {"layers", cost.count},
                  {"flops", cost.flops},
                  {"bytes", cost.bytes}};
    entry.update(CostJson(m, cost));
    operators.push_back(std::move(entry));
  }
  return {{"model", m.model},
          {"threads", m.threads},
          {"runs", m.runs},
          {"run_us", m.run_us},
          {"layers_us", SumUs(m)},
          {"peak_gflops", m.peak_gflops},
          {"memory_gbytes_per_s", m.memory_gbps},
          {"layers", std::move(layers)},
          {"operators", std::move(operators)}};
}

}  // namespace skerry::cli
