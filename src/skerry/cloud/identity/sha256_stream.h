#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

struct evp_md_ctx_st;

namespace skerry::cloud {

/// SHA-256 of what comes in pieces.
///
/// Thread safety: thread-compatible.
class Sha256Stream {
 public:
  Sha256Stream();

  void Add(std::span<const std::byte> piece);
  /// 64 hexadecimal digits of all that was added; begins anew.
  std::string Take();

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

}  // namespace skerry::cloud
