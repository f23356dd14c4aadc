#include "skerry/telemetry/metrics.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <variant>

#include "skerry/base/check.h"
#include "skerry/telemetry/utf8.h"

namespace skerry::telemetry {
namespace {

constexpr auto kLatencyBounds = std::to_array(
    {25e-6, 50e-6, 100e-6, 250e-6, 500e-6, 1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3,
     50e-3, 100e-3, 250e-3, 500e-3, 1.0, 2.5, 5.0, 10.0});

using Series = std::variant<std::weak_ptr<Counter>, std::weak_ptr<Gauge>,
                            std::weak_ptr<Histogram>>;

bool Expired(const Series& series) {
  return std::visit([](const auto& weak) { return weak.expired(); }, series);
}

std::string Number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  std::array<char, 32> text;
  const auto end = std::to_chars(text.begin(), text.end(), value);
  return {text.begin(), end.ptr};
}

// Help texts and label values; quotes are special in the latter only, but
// Prometheus reads an escaped one in both.
void AppendEscaped(std::string& out, std::string_view text, bool quotes) {
  for (const char c : ReplaceInvalidUtf8(text)) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '\\' || (c == '"' && quotes)) out += '\\';
    out += c;
  }
}

// {model="detector",le="0.5"}, or nothing.
std::string LabelText(const Labels& labels, std::string_view bound = {}) {
  std::string text;
  const auto append = [&text](std::string_view name, std::string_view value) {
    text += text.empty() ? '{' : ',';
    text += name;
    text += "=\"";
    AppendEscaped(text, value, /*quotes=*/true);
    text += '"';
  };
  for (const auto& [name, value] : labels) append(name, value);
  if (!bound.empty()) append("le", bound);
  if (!text.empty()) text += '}';
  return text;
}

struct Sample {
  std::string_view suffix;
  std::string_view labels;
  std::string value;
};

void AppendSample(std::string& out, std::string_view family,
                  const Sample& sample) {
  out += family;
  out += sample.suffix;
  out += sample.labels;
  out += ' ';
  out += sample.value;
  out += '\n';
}

void AppendHistogram(std::string& out, std::string_view family,
                     const Labels& labels, const Histogram& histogram) {
  const std::span<const double> bounds = histogram.bounds();
  std::uint64_t count = 0;
  for (std::size_t i = 0; i <= bounds.size(); ++i) {
    count += histogram.count(i);
    const std::string bound = i < bounds.size() ? Number(bounds[i]) : "+Inf";
    AppendSample(out, family,
                 {"_bucket", LabelText(labels, bound), std::to_string(count)});
  }
  // The count is the last bucket's, not read again: they must be the same
  // while values are being observed.
  const std::string text = LabelText(labels);
  AppendSample(out, family, {"_sum", text, Number(histogram.sum())});
  AppendSample(out, family, {"_count", text, std::to_string(count)});
}

void AppendSeries(std::string& out, std::string_view family,
                  const Labels& labels, const Series& series) {
  if (const auto* weak = std::get_if<std::weak_ptr<Counter>>(&series)) {
    if (const auto counter = weak->lock()) {
      AppendSample(out, family,
                   {"", LabelText(labels), std::to_string(counter->value())});
    }
  } else if (const auto* value = std::get_if<std::weak_ptr<Gauge>>(&series)) {
    if (const auto gauge = value->lock()) {
      AppendSample(out, family,
                   {"", LabelText(labels), Number(gauge->value())});
    }
  } else if (const auto histogram =
                 std::get<std::weak_ptr<Histogram>>(series).lock()) {
    AppendHistogram(out, family, labels, *histogram);
  }
}

template <class Metric>
constexpr std::string_view kTypeName = "";
template <>
constexpr std::string_view kTypeName<Counter> = "counter";
template <>
constexpr std::string_view kTypeName<Gauge> = "gauge";
template <>
constexpr std::string_view kTypeName<Histogram> = "histogram";

}  // namespace

struct Registry::Family {
  std::string help;
  std::string_view type;
  std::map<Labels, Series> series;

  template <class Metric, class... Arguments>
  std::shared_ptr<Metric> FindOrAdd(Labels labels, Arguments... arguments) {
    // Two orders of the same labels are one series.
    std::ranges::sort(labels);
    const auto found = series.find(labels);
    if (found != series.end()) {
      if (auto metric = std::get<std::weak_ptr<Metric>>(found->second).lock()) {
        return metric;
      }
    }
    // Whoever adds series for ever makes room first.
    std::erase_if(series, [](const auto& one) { return Expired(one.second); });
    auto metric = std::make_shared<Metric>(arguments...);
    series.emplace(std::move(labels), std::weak_ptr<Metric>(metric));
    return metric;
  }
};

Histogram::Histogram(std::span<const double> bounds)
    : bounds_(bounds.begin(), bounds.end()),
      counts_(
          std::make_unique<std::atomic<std::uint64_t>[]>(bounds.size() + 1)) {
  SKERRY_CHECK(std::ranges::is_sorted(bounds_));
}

void Histogram::Observe(double value) {
  if (std::isnan(value)) return;  // would spoil the sum for good
  const auto range = std::ranges::lower_bound(bounds_, value);
  counts_[static_cast<std::size_t>(range - bounds_.begin())].fetch_add(
      1, std::memory_order_relaxed);
  sum_.fetch_add(value, std::memory_order_relaxed);
}

std::uint64_t Histogram::count(std::size_t i) const {
  SKERRY_CHECK(i <= bounds_.size());
  return counts_[i].load(std::memory_order_relaxed);
}

std::uint64_t Histogram::count() const {
  std::uint64_t total = 0;
  for (std::size_t i = 0; i <= bounds_.size(); ++i) total += count(i);
  return total;
}

double Histogram::sum() const { return sum_.load(std::memory_order_relaxed); }

std::span<const double> LatencyBounds() { return kLatencyBounds; }

Registry::Registry() = default;
Registry::~Registry() = default;

Registry::Family& Registry::FindFamily(std::string_view name,
                                       std::string_view help,
                                       std::string_view type) {
  auto found = families_.find(name);
  if (found == families_.end()) {
    auto family = std::make_shared<Family>();
    family->help = help;
    family->type = type;
    found = families_.emplace(name, std::move(family)).first;
  }
  SKERRY_CHECK(found->second->type == type);
  return *found->second;
}

std::shared_ptr<Counter> Registry::AddCounter(std::string_view name,
                                              std::string_view help,
                                              Labels labels) {
  const std::lock_guard lock(mutex_);
  return FindFamily(name, help, kTypeName<Counter>)
      .FindOrAdd<Counter>(std::move(labels));
}

std::shared_ptr<Gauge> Registry::AddGauge(std::string_view name,
                                          std::string_view help,
                                          Labels labels) {
  const std::lock_guard lock(mutex_);
  return FindFamily(name, help, kTypeName<Gauge>)
      .FindOrAdd<Gauge>(std::move(labels));
}

std::shared_ptr<Histogram> Registry::AddHistogram(
    std::string_view name, std::string_view help, Labels labels,
    std::span<const double> bounds) {
  const std::lock_guard lock(mutex_);
  return FindFamily(name, help, kTypeName<Histogram>)
      .FindOrAdd<Histogram>(std::move(labels), bounds);
}

std::string Registry::RenderPrometheus() const {
  const std::lock_guard lock(mutex_);
  std::string out;
  for (const auto& [name, family] : families_) {
    std::string samples;
    for (const auto& [labels, series] : family->series) {
      AppendSeries(samples, name, labels, series);
    }
    if (samples.empty()) continue;
    out += "# HELP " + name + " ";
    AppendEscaped(out, family->help, /*quotes=*/false);
    out += "\n# TYPE " + name + " ";
    out += family->type;
    out += "\n" + samples;
  }
  return out;
}

}  // namespace skerry::telemetry
