// HTTP requests of the control plane: whatever the bytes are, and however they
// are cut, they are refused or read to the same head and body.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "skerry/base/check.h"
#include "skerry/cloud/server/request_parser.h"

namespace skerry::cloud {
namespace {

struct Outcome {
  bool whole = false;
  int fault = 0;
  RequestHead head;
  std::string body;
  std::size_t used = 0;
};

constexpr std::size_t kHeaderBytesMax = 4096;

/// Reads `input` in steps of `step` bytes, as a connection would bring them.
Outcome Read(std::string_view input, std::size_t step) {
  Outcome outcome;
  RequestParser parser(
      {.header_bytes_max = kHeaderBytesMax, .header_count_max = 20});
  std::size_t have = 0;
  std::size_t head_bytes = 0;
  while (head_bytes == 0) {
    if (have == input.size()) return outcome;
    have = std::min(input.size(), have + step);
    const auto used = parser.ReadHead(input.substr(0, have));
    if (!used) {
      outcome.fault = used.error().status;
      return outcome;
    }
    head_bytes = *used;
  }
  SKERRY_CHECK(head_bytes <= have);
  outcome.head = parser.TakeHead();
  outcome.used = head_bytes;
  while (!parser.done()) {
    const auto used = parser.ReadBody(
        input.substr(outcome.used, have - outcome.used), outcome.body);
    if (!used) {
      outcome.fault = used.error().status;
      return outcome;
    }
    outcome.used += *used;
    if (parser.done()) break;
    if (have == input.size()) return outcome;
    have = std::min(input.size(), have + step);
  }
  outcome.whole = true;
  return outcome;
}

void CheckHead(const RequestHead& head) {
  SKERRY_CHECK(!head.method.empty());
  SKERRY_CHECK(head.target.starts_with('/') || head.target == "*");
  for (const auto& [name, value] : head.headers) {
    SKERRY_CHECK(!name.empty());
    SKERRY_CHECK(value.find_first_of("\r\n") == std::string::npos);
  }
}

}  // namespace
}  // namespace skerry::cloud

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  using skerry::cloud::CheckHead;
  using skerry::cloud::Outcome;
  using skerry::cloud::Read;
  if (size == 0) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1,
                               size - 1);
  const Outcome all = Read(input, std::max<std::size_t>(input.size(), 1));
  const Outcome pieces = Read(input, 1 + data[0] % 16);
  if (!all.whole || !pieces.whole) return 0;
  CheckHead(all.head);
  SKERRY_CHECK(all.used == pieces.used && all.body == pieces.body);
  SKERRY_CHECK(all.head.target == pieces.head.target &&
               all.head.headers == pieces.head.headers);
  SKERRY_CHECK(!all.head.content_length ||
               *all.head.content_length == all.body.size());
  return 0;
}
