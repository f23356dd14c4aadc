// The reader of archives that models come in.
#include <cstdint>
#include <set>
#include <string>

#include "skerry/base/check.h"
#include "skerry/cloud/jobs/archive_reader.h"

namespace skerry::cloud {
namespace {

class CheckingSink final : public ArchiveSink {
 public:
  Result<void> BeginFile(const std::string& path) override {
    SKERRY_CHECK(!path.empty() && !path.starts_with('/'));
    SKERRY_CHECK(("/" + path + "/").find("/../") == std::string::npos);
    SKERRY_CHECK(paths_.insert(path).second);
    return {};
  }
  Result<void> Write(std::span<const std::byte> piece) override {
    byte_count_ += piece.size();
    return {};
  }
  std::uint64_t byte_count() const { return byte_count_; }

 private:
  std::set<std::string> paths_;
  std::uint64_t byte_count_ = 0;
};

}  // namespace
}  // namespace skerry::cloud

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  const auto file =
      skerry::platform::MakeMemoryFile(std::as_bytes(std::span(data, size)));
  SKERRY_CHECK(file);
  const skerry::cloud::ArchiveLimits limits{.byte_count_max = 1 << 20,
                                            .ratio_free_bytes = 1 << 16};
  skerry::cloud::CheckingSink sink;
  const auto files = skerry::cloud::ReadArchive(*file, limits, sink);
  SKERRY_CHECK(sink.byte_count() <= limits.byte_count_max);
  if (!files) return 0;
  std::uint64_t total = 0;
  for (const auto& entry : *files) total += entry.byte_count;
  SKERRY_CHECK(total == sink.byte_count());
  return 0;
}
