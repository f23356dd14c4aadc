#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <stop_token>
#include <string>
#include <vector>

#include "skerry/base/result.h"

namespace skerry::http {

/// When a request is given up: late, or when somebody says so.
struct Limit {
  std::chrono::steady_clock::time_point deadline;
  std::stop_token stop;
};

/// The addresses of `host`, at least one. kUnavailable if there is none,
/// kDeadlineExceeded or kCancelled if nobody said so within `limit`.
///
/// Thread safety: thread-safe.
Result<std::vector<boost::asio::ip::tcp::endpoint>> LookUp(
    const std::string& host, int port, const Limit& limit);

}  // namespace skerry::http
