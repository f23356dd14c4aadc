#include "skerry/cloud/s3/times.h"

#include <array>
#include <cstdio>
#include <ctime>

namespace skerry::cloud {
namespace {

constexpr std::int64_t kMicrosOfSecond = 1'000'000;
constexpr std::array<const char*, 7> kDays = {"Sun", "Mon", "Tue", "Wed",
                                              "Thu", "Fri", "Sat"};
constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr",
                                                 "May", "Jun", "Jul", "Aug",
                                                 "Sep", "Oct", "Nov", "Dec"};

std::tm UtcOf(std::int64_t micros) {
  const std::time_t seconds = micros / kMicrosOfSecond;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  return utc;
}

}  // namespace

std::string IsoTime(std::int64_t micros) {
  const std::tm utc = UtcOf(micros);
  std::array<char, 64> text = {};
  std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
                utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour,
                utc.tm_min, utc.tm_sec,
                static_cast<int>(micros % kMicrosOfSecond / 1000));
  return text.data();
}

std::string HttpTime(std::int64_t micros) {
  const std::tm utc = UtcOf(micros);
  std::array<char, 64> text = {};
  std::snprintf(text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                kDays.at(static_cast<std::size_t>(utc.tm_wday)), utc.tm_mday,
                kMonths.at(static_cast<std::size_t>(utc.tm_mon)),
                utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec);
  return text.data();
}

std::optional<std::int64_t> ParseHttpTime(const std::string& text) {
  std::tm utc{};
  // Three forms that RFC 9110 knows.
  for (const char* const form :
       {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT",
        "%a %b %d %H:%M:%S %Y"}) {
    utc = {};
    const char* const end = strptime(text.c_str(), form, &utc);
    if (end != nullptr && *end == '\0') return timegm(&utc);
  }
  return std::nullopt;
}

}  // namespace skerry::cloud
