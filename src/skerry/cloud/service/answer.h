#pragma once

#include <memory>
#include <string>

#include "skerry/cloud/server/message.h"

namespace skerry::cloud {

/// An exchange that answers `response` at once, whatever the body would be.
std::unique_ptr<Exchange> NewAnswer(Response response);

/// A short answer in plain text.
Response TextResponse(int status, std::string text);

}  // namespace skerry::cloud
