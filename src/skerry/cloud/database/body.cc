#include "skerry/cloud/database/body.h"

namespace skerry::cloud {
namespace {

thread_local bool in_body = false;

}  // namespace

bool InBody() { return in_body; }

Error CalledFromBody() {
  return Internal("a transaction's body called the database");
}

BodyMark::BodyMark() { in_body = true; }

BodyMark::~BodyMark() { in_body = false; }

}  // namespace skerry::cloud
