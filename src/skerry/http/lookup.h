#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "skerry/base/result.h"

namespace skerry::http {

/// The addresses of `host`, at least one. kUnavailable if there is none,
/// kDeadlineExceeded if nobody said so before `deadline`.
///
/// Thread safety: thread-safe.
Result<std::vector<boost::asio::ip::tcp::endpoint>> LookUp(
    const std::string& host, int port,
    std::chrono::steady_clock::time_point deadline);

}  // namespace skerry::http
