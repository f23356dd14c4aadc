#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "skerry/cloud/server/message.h"

namespace skerry::cloud {

/// The bytes of an answer's body.
std::uint64_t BodyBytes(const Response& response);

/// Whether an answer with `status` has a body at all.
bool MayHaveBody(int status);

struct HeadOptions {
  bool keep_alive = true;
  bool http10 = false;
  bool head_request = false;  ///< the body is not sent
  std::string_view date;      ///< as `HttpDate`
};

/// An answer's status line and header, the empty line included. Bytes of a
/// header that would end its line are replaced.
std::string PrintResponseHead(const Response& response,
                              const HeadOptions& options);

/// "Sun, 06 Nov 1994 08:49:37 GMT"
std::string HttpDate(std::int64_t seconds);

/// An answer of the server's own.
Response PlainResponse(int status, std::string_view message);

}  // namespace skerry::cloud
