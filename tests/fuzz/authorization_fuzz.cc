// Any bytes are a request: its method, its target, and a header in each line
// after that. Nobody is let in without a signature that is right, and what is
// parsed is as it must be.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "skerry/base/check.h"
#include "skerry/cloud/identity/authorization.h"
#include "skerry/cloud/identity/identity_test_support.h"

namespace {

using skerry::cloud::RequestHead;

std::string_view TakeLine(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

RequestHead ReadHead(std::string_view text) {
  RequestHead head;
  head.method = TakeLine(text);
  head.target = TakeLine(text);
  while (!text.empty()) {
    const std::string_view line = TakeLine(text);
    const std::size_t colon = std::min(line.find(':'), line.size());
    head.headers.emplace_back(line.substr(0, colon),
                              line.substr(std::min(colon + 1, line.size())));
  }
  head.content_length = 0;
  return head;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  const RequestHead head =
      ReadHead({reinterpret_cast<const char*>(data), size});
  const auto parsed = skerry::cloud::ParseAuthorization(head);
  if (parsed) {
    SKERRY_CHECK(parsed->signature.size() == 64);
    SKERRY_CHECK(parsed->time.starts_with(parsed->scope.date));
    SKERRY_CHECK(std::ranges::is_sorted(parsed->signed_headers));
    SKERRY_CHECK(!parsed->target.empty() || head.target.empty());
  }
  skerry::cloud::FixedKeys keys;
  auto verified = VerifyRequest(head, keys, skerry::cloud::ExampleTime());
  if (verified) {
    SKERRY_CHECK(parsed.has_value());
    SKERRY_CHECK(verified->payload != nullptr);
    SKERRY_CHECK(std::ranges::binary_search(parsed->signed_headers, "host"));
    // Without a secret, nothing but a published example passes to the end.
    const bool example = parsed->signature.starts_with("f0e8bdb8") ||
                         parsed->signature.starts_with("aeeed9bb");
    SKERRY_CHECK(!verified->payload->End() || example);
  } else {
    SKERRY_CHECK(verified.error().status >= 400);
  }
  if (IsVersion2(head)) {
    // Nobody can guess 20 bytes.
    SKERRY_CHECK(
        !VerifyVersion2(head, head.path(), keys, skerry::cloud::ExampleTime()));
  }
  return 0;
}
