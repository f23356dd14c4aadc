#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "skerry/base/result.h"
#include "skerry/platform/file.h"

namespace skerry::agent {

/// Memory of this process that the agent can map: a memfd that cannot change
/// its size.
///
/// Thread safety: immutable, but for the bytes.
class Region {
 public:
  /// `byte_count` zeros. kResourceExhausted.
  static Result<std::shared_ptr<Region>> Create(std::size_t byte_count);

  Region(const Region&) = delete;
  Region& operator=(const Region&) = delete;
  ~Region();

  std::span<std::byte> bytes() const { return bytes_; }

  /// A name that no other region of any process has.
  const std::string& name() const { return name_; }

  /// What the agent is told to map: "memfd:7".
  std::string key() const;

 private:
  Region() = default;

  platform::FileDescriptor file_;
  std::span<std::byte> bytes_;
  std::string name_;
};

}  // namespace skerry::agent
