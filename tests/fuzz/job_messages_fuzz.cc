// What workers on other machines and the server say to each other.
#include <cstdint>
#include <string_view>

#include "skerry/base/check.h"
#include "skerry/cloud/jobs/job_messages.h"

namespace cloud = skerry::cloud;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const char* const call :
       {"lease", "renew", "log", "fail", "complete", "stopped"}) {
    const auto message = cloud::ParseJobMessage(call, text);
    if (!message) continue;
    const auto again =
        cloud::ParseJobMessage(call, cloud::PrintJobMessage(call, *message));
    SKERRY_CHECK(again);
  }
  const auto job = cloud::ParseLeasedJob(text);
  if (job) SKERRY_CHECK(cloud::ParseLeasedJob(cloud::PrintLeasedJob(*job)));
  SKERRY_CHECK(!cloud::ParseJobError(400, text).message().empty());
  return 0;
}
