#include "skerry/http/lookup.h"

#include <netdb.h>

#include <atomic>
#include <boost/asio/ip/address.hpp>
#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace skerry::http {
namespace {

using boost::asio::ip::tcp;
using Endpoints = std::vector<tcp::endpoint>;

// Lookups at once, those that nobody waits for any more included.
constexpr int kLookupCountMax = 16;

std::atomic<int> lookup_count = 0;

// What the thread that looks up and the one that waits share; the last of
// them lets go.
struct Lookup {
  std::string host;
  std::mutex mutex;
  std::condition_variable_any changed;
  bool done = false;
  int fault = 0;
  Endpoints endpoints;
};

void AddEndpoint(const addrinfo& found, Endpoints& endpoints) {
  tcp::endpoint endpoint;
  if (found.ai_addrlen > endpoint.capacity()) return;
  std::memcpy(endpoint.data(), found.ai_addr, found.ai_addrlen);
  endpoint.resize(found.ai_addrlen);
  endpoints.push_back(endpoint);
}

void Run(Lookup& lookup) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* found = nullptr;
  const int fault = getaddrinfo(lookup.host.c_str(), nullptr, &hints, &found);
  Endpoints endpoints;
  if (fault == 0) {
    for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
      AddEndpoint(*at, endpoints);
    }
    freeaddrinfo(found);
  }
  const std::lock_guard lock(lookup.mutex);
  lookup.fault = fault;
  lookup.endpoints = std::move(endpoints);
  lookup.done = true;
  lookup.changed.notify_all();
}

// The thread is nobody's: getaddrinfo cannot be stopped, takes many seconds
// on a device that is offline, and must not hold up the program's end.
bool StartThread(const std::shared_ptr<Lookup>& lookup) {
  if (lookup_count.fetch_add(1) >= kLookupCountMax) {
    lookup_count.fetch_sub(1);
    return false;
  }
  try {
    std::thread([lookup] {
      Run(*lookup);
      lookup_count.fetch_sub(1);
    }).detach();
  } catch (const std::system_error&) {
    lookup_count.fetch_sub(1);
    return false;
  }
  return true;
}

}  // namespace

Result<Endpoints> LookUp(const std::string& host, int port,
                         const Limit& limit) {
  const auto number = static_cast<unsigned short>(port);
  boost::system::error_code no_address;
  const auto address = boost::asio::ip::make_address(host, no_address);
  if (!no_address) return Endpoints{tcp::endpoint(address, number)};

  const auto lookup = std::make_shared<Lookup>();
  lookup->host = host;
  if (!StartThread(lookup)) return Unavailable("too many lookups at once");
  std::unique_lock lock(lookup->mutex);
  if (!lookup->changed.wait_until(lock, limit.stop, limit.deadline,
                                  [&lookup] { return lookup->done; })) {
    return limit.stop.stop_requested()
               ? Error(ErrorCode::kCancelled, "stopped")
               : Error(ErrorCode::kDeadlineExceeded,
                       "the host was not looked up in time");
  }
  if (lookup->endpoints.empty()) {
    return Unavailable("there is no such host: " +
                       std::string(gai_strerror(lookup->fault)));
  }
  for (tcp::endpoint& endpoint : lookup->endpoints) endpoint.port(number);
  return std::move(lookup->endpoints);
}

}  // namespace skerry::http
