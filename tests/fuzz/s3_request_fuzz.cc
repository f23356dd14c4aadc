// Any bytes are read as what a client of S3 sends: the target of a request, a
// range, a date, a copy's source, and the XML of each body.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "skerry/base/check.h"
#include "skerry/cloud/s3/range.h"
#include "skerry/cloud/s3/target.h"
#include "skerry/cloud/s3/times.h"
#include "skerry/cloud/s3/xml.h"

namespace {

void ReadHeaders(std::string_view text) {
  const auto target =
      skerry::cloud::ParseS3Target(text, "b.localhost", {"localhost"});
  SKERRY_CHECK(!target || target->key.size() <= skerry::cloud::kKeyBytesMax);
  (void)skerry::cloud::ParseS3Target("/" + std::string(text), "h", {});
  (void)skerry::cloud::ParseCopySource(text);
  (void)skerry::cloud::ParseHttpTime(std::string(text));
  const auto count = skerry::cloud::ParseCount("n", text, 1, 1000);
  SKERRY_CHECK(!count || (*count >= 0 && *count <= 1000));
  for (const std::uint64_t size : {0ULL, 1ULL, 1000ULL, ~0ULL}) {
    for (const std::string& range :
         {std::string(text), "bytes=" + std::string(text)}) {
      const auto parsed = skerry::cloud::ParseRange(range, size);
      if (!parsed || !*parsed) continue;
      const auto& found = **parsed;
      SKERRY_CHECK(found.byte_count > 0 && found.offset < size &&
                   found.byte_count <= size - found.offset);
    }
  }
}

void ReadBodies(std::string_view text) {
  const auto deleted = skerry::cloud::ParseDelete(text);
  SKERRY_CHECK(!deleted || deleted->objects.size() <= 1000);
  (void)skerry::cloud::ParseCompletion(text, "ChecksumCRC32");
  (void)skerry::cloud::ParseVersioning(text);
  (void)skerry::cloud::ParseTagging(text);
  (void)skerry::cloud::CheckBucketConfiguration(text);
  skerry::cloud::XmlWriter xml("R");
  xml.Add("K", text);
  SKERRY_CHECK(xml.Finish().size() >= text.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  ReadHeaders(text);
  ReadBodies(text);
  return 0;
}
