#include "tally.h"

#include <cstdio>

namespace skerry::soak {
namespace {

constexpr std::uint64_t kFaultsPrinted = 20;

}  // namespace

void Tally::AddFault(Outcome outcome, const std::string& words) {
  Add(outcome);
  const std::lock_guard lock(mutex_);
  if (faults() > kFaultsPrinted) return;
  std::fprintf(stderr, "soak: %s: %s\n",
               outcome == Outcome::kLost ? "lost" : "CROSSED", words.c_str());
}

std::uint64_t Tally::total() const {
  std::uint64_t total = 0;
  for (const auto& count : counts_) total += count;
  return total;
}

std::string Tally::ToString() const {
  const auto text = [this](Outcome outcome) {
    return std::to_string(count(outcome));
  };
  return text(Outcome::kRight) + " right, " + text(Outcome::kRefused) +
         " refused, " + text(Outcome::kGivenUp) + " given up, " +
         text(Outcome::kLost) + " lost, " + text(Outcome::kCrossed) +
         " crossed";
}

}  // namespace skerry::soak
