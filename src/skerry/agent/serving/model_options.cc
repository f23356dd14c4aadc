#include "skerry/agent/serving/model_options.h"

#include <sched.h>

#include <cstdint>
#include <string>

#include "skerry/runtime/thread_pool.h"

namespace skerry::agent {
namespace {

constexpr std::chrono::microseconds kBatchDelayMax = std::chrono::seconds(10);

Result<void> CheckRange(const char* name, std::int64_t value, std::int64_t low,
                        std::int64_t high) {
  if (value >= low && value <= high) return {};
  return InvalidArgument(std::string(name) + " is " + std::to_string(value) +
                         ", want " + std::to_string(low) + " to " +
                         std::to_string(high));
}

}  // namespace

Result<void> CheckModelOptions(const ModelOptions& options) {
  SKERRY_RETURN_IF_ERROR(CheckRange("instance_count", options.instance_count, 1,
                                    kInstanceCountMax));
  SKERRY_RETURN_IF_ERROR(CheckRange("thread_count", options.thread_count, 0,
                                    runtime::kThreadCountMax));
  // What a client gives may be any size_t.
  if (options.queue_length < 1 || options.queue_length > kQueueLengthMax) {
    return InvalidArgument("queue_length is " +
                           std::to_string(options.queue_length) +
                           ", want 1 to " + std::to_string(kQueueLengthMax));
  }
  for (const int core : options.cores) {
    SKERRY_RETURN_IF_ERROR(CheckRange("a core", core, 0, CPU_SETSIZE - 1));
  }
  if (options.batch_delay) {
    SKERRY_RETURN_IF_ERROR(CheckRange("batch_delay in microseconds",
                                      options.batch_delay->count(), 0,
                                      kBatchDelayMax.count()));
  }
  return {};
}

}  // namespace skerry::agent
