#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace skerry::telemetry {

/// Names and values that tell one series of a family from another, such as
/// {{"model", "detector"}, {"version", "2"}}.
using Labels = std::vector<std::pair<std::string, std::string>>;

/// A count that only grows.
///
/// Thread safety: thread-safe; `Add` is one relaxed atomic operation.
class Counter {
 public:
  void Add(std::uint64_t count = 1) {
    value_.fetch_add(count, std::memory_order_relaxed);
  }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_ = 0;
};

/// A value that goes up and down.
///
/// Thread safety: thread-safe.
class Gauge {
 public:
  void Set(double value) { value_.store(value, std::memory_order_relaxed); }
  void Add(double change) {
    value_.fetch_add(change, std::memory_order_relaxed);
  }
  double value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_ = 0;
};

/// How often values fell into each of a list of ranges.
///
/// Thread safety: thread-safe; `Observe` takes no lock.
class Histogram {
 public:
  /// `bounds` are the ranges' upper ends, ascending; a last one without end
  /// is added.
  explicit Histogram(std::span<const double> bounds);

  /// Counts `value`; what is no number is left out.
  void Observe(double value);

  std::span<const double> bounds() const { return bounds_; }
  /// Values in range `i` (not cumulative), of bounds().size() + 1.
  std::uint64_t count(std::size_t i) const;
  std::uint64_t count() const;
  double sum() const;

 private:
  std::vector<double> bounds_;
  std::unique_ptr<std::atomic<std::uint64_t>[]> counts_;
  std::atomic<double> sum_ = 0;
};

/// From 25 microseconds to 10 seconds: bounds for inference, in seconds.
std::span<const double> LatencyBounds();

/// All metrics of a program. A series lives as long as somebody holds what
/// the registry gave out, so a model that is unloaded takes its series along.
///
/// Thread safety: thread-safe.
class Registry {
 public:
  Registry();
  ~Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  /// The series `name` with `labels`, made if there is none. `name` and label
  /// names are Prometheus's ("skerry_requests_total"), `help` one line. One
  /// name is always used with one type.
  std::shared_ptr<Counter> AddCounter(std::string_view name,
                                      std::string_view help, Labels labels);
  std::shared_ptr<Gauge> AddGauge(std::string_view name, std::string_view help,
                                  Labels labels);
  std::shared_ptr<Histogram> AddHistogram(std::string_view name,
                                          std::string_view help, Labels labels,
                                          std::span<const double> bounds);

  /// All living series in the text form that Prometheus reads, version 0.0.4:
  /// families by name, each with HELP and TYPE, label values escaped.
  std::string RenderPrometheus() const;

 private:
  struct Family;

  Family& FindFamily(std::string_view name, std::string_view help,
                     std::string_view type);

  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Family>, std::less<>> families_;
};

}  // namespace skerry::telemetry
