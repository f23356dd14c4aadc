// URLs: any bytes are taken apart or refused; what was taken apart is put
// together and taken apart to the same.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "skerry/base/check.h"
#include "skerry/http/client.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  namespace http = skerry::http;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto url = http::ParseUrl(text);
  if (!url) return 0;
  SKERRY_CHECK(url->port > 0 && url->port < 65536);
  SKERRY_CHECK(url->target.starts_with('/'));
  const std::string again =
      (url->tls ? "https://" : "http://") + url->authority() + url->target;
  if (again.size() > http::kUrlBytesMax) return 0;  // a '/' was added
  const auto same = http::ParseUrl(again);
  SKERRY_CHECK(same.has_value());
  SKERRY_CHECK(same->tls == url->tls && same->host == url->host &&
               same->port == url->port && same->target == url->target);
  return 0;
}
