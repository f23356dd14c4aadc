// Any bytes are read as the answers of S3 and of an IoT credential provider,
// and as a request whose signature is to be checked.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "skerry/aws/iot_credentials.h"
#include "skerry/aws/s3_error.h"
#include "skerry/aws/sigv4.h"
#include "skerry/base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  using skerry::aws::PathRule;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto told = skerry::aws::ParseS3Error(text);
  SKERRY_CHECK(told.code.size() <= 128 && told.message.size() <= 512);
  (void)skerry::aws::ErrorOfS3(400, text);
  (void)skerry::aws::ParseIotCredentials(text);
  for (const PathRule rule : {PathRule::kOnce, PathRule::kTwice}) {
    const auto canonical = skerry::aws::CanonicalRequest(
        {.method = "GET",
         .target = text,
         .headers = {{"host", "h"}, {"x-any", std::string(text)}},
         .payload_hash = skerry::aws::kUnsignedPayload,
         .path_rule = rule});
    SKERRY_CHECK(canonical.starts_with("GET\n"));
  }
  return 0;
}
