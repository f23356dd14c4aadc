#pragma once

#include <utility>

#include "skerry/base/result.h"
#include "skerry/platform/file.h"

namespace skerry::cloud {

/// A user number that one job at a time runs as, on the whole machine: when
/// the job ends, every process of that user is killed. It is given back when
/// this is destroyed, or this program dies.
///
/// Thread safety: thread-compatible.
class JobUser {
 public:
  /// Takes `first`, or the next one that no other program has.
  /// kResourceExhausted: all of them are taken.
  static Result<JobUser> Take(unsigned first);

  unsigned number() const { return number_; }

 private:
  JobUser(unsigned number, platform::FileDescriptor claim)
      : number_(number), claim_(std::move(claim)) {}

  unsigned number_;
  platform::FileDescriptor claim_;
};

}  // namespace skerry::cloud
