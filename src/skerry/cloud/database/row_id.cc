#include <array>
#include <chrono>
#include <cstddef>
#include <mutex>
#include <span>

#include "skerry/cloud/database/database.h"
#include "skerry/platform/random.h"

namespace skerry::cloud {
namespace {

// RFC 9562, section 6.2, method 1: after the milliseconds a counter of 12 bits
// that begins anywhere in its lower half, so that identifiers of one
// millisecond still sort in the order they were made in.
struct Clock {
  std::mutex mutex;
  std::uint64_t millis = 0;
  std::uint64_t counter = 0;
};

constexpr std::uint64_t kCounterEnd = 1U << 12U;

std::pair<std::uint64_t, std::uint64_t> NextTick(std::uint64_t seed) {
  static Clock clock;
  const auto now = static_cast<std::uint64_t>(NowMicros() / 1000);
  const std::scoped_lock lock(clock.mutex);
  if (now > clock.millis) {
    clock.millis = now;
    clock.counter = seed % (kCounterEnd / 2);
  } else if (++clock.counter == kCounterEnd) {
    ++clock.millis;  // ahead of the clock, which catches up
    clock.counter = 0;
  }
  return {clock.millis, clock.counter};
}

}  // namespace

std::int64_t NowMicros() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string NewRowId() {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::array<unsigned char, 16> bytes{};
  platform::FillRandom(std::as_writable_bytes(std::span(bytes)));
  const auto [millis, counter] =
      NextTick(bytes[0] | static_cast<std::uint64_t>(bytes[1]) << 8U);
  for (unsigned i = 0; i < 6; ++i) {
    bytes[i] = static_cast<unsigned char>(millis >> (40U - 8U * i));
  }
  bytes[6] = static_cast<unsigned char>(0x70U | (counter >> 8U));
  bytes[7] = static_cast<unsigned char>(counter);
  bytes[8] = static_cast<unsigned char>(0x80U | (bytes[8] & 0x3FU));

  std::string text;
  text.reserve(36);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += kDigits[bytes[i] >> 4U];
    text += kDigits[bytes[i] & 15U];
  }
  return text;
}

}  // namespace skerry::cloud
