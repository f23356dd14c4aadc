#include "skerry/agent/grpc/caller.h"

#include <grpc/support/time.h>

namespace skerry::agent {

std::chrono::steady_clock::time_point Caller::deadline() const {
  using std::chrono::steady_clock;
  const gpr_timespec deadline = context_.raw_deadline();
  if (gpr_time_cmp(deadline, gpr_inf_future(deadline.clock_type)) == 0) {
    return steady_clock::time_point::max();
  }
  const gpr_timespec left =
      gpr_time_sub(deadline, gpr_now(deadline.clock_type));
  // Clients may set one in a thousand years, which nanoseconds do not hold.
  constexpr std::int64_t kSecondsMax = std::int64_t{1} << 31;
  if (left.tv_sec > kSecondsMax) return steady_clock::time_point::max();
  return steady_clock::now() + std::chrono::seconds(left.tv_sec) +
         std::chrono::nanoseconds(left.tv_nsec);
}

std::string_view Caller::metadata(std::string_view key) const {
  const auto& entries = context_.client_metadata();
  const auto found = entries.find(grpc::string_ref(key.data(), key.size()));
  if (found == entries.end()) return {};
  return {found->second.data(), found->second.size()};
}

}  // namespace skerry::agent
