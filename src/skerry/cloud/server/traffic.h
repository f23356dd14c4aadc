#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string_view>

#include "skerry/telemetry/metrics.h"

namespace skerry::cloud {

/// What a server counts.
///
/// Thread safety: thread-safe.
class Traffic {
 public:
  explicit Traffic(telemetry::Registry& metrics);

  void CountAnswer(std::string_view method, int status,
                   std::chrono::steady_clock::duration time);
  void CountReceived(std::size_t bytes) { received_->Add(bytes); }
  void CountSent(std::size_t bytes) { sent_->Add(bytes); }
  void CountConnection(int change) { connections_->Add(change); }

 private:
  static constexpr std::array<std::string_view, 6> kMethods = {
      "GET", "HEAD", "PUT", "POST", "DELETE", "other"};
  static constexpr std::size_t kStatusClasses = 5;

  std::array<std::array<std::shared_ptr<telemetry::Counter>, kStatusClasses>,
             kMethods.size()>
      answers_;
  std::shared_ptr<telemetry::Histogram> times_;
  std::shared_ptr<telemetry::Gauge> connections_;
  std::shared_ptr<telemetry::Counter> received_;
  std::shared_ptr<telemetry::Counter> sent_;
};

}  // namespace skerry::cloud
