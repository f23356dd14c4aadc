#pragma once

#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "skerry/aws/sigv4.h"
#include "skerry/cloud/identity/identity.h"

namespace skerry::cloud {

/// Keys as AWS's published examples have them, and nothing else.
class FixedKeys final : public AccessKeys {
 public:
  /// The key of the examples; tests change it.
  AccessKey key;

  FixedKeys();

  Result<AccessKey> Add(Role, const std::string&, const Also&) override;
  Result<AccessKey> AddSession(const Principal&, std::chrono::seconds,
                               const Also&) override;
  Result<AccessKey> Find(std::string_view access_key_id) override;
  Result<std::vector<AccessKey>> List() override;
  Result<void> SetActive(const std::string&, bool, const Also&) override;
  Result<void> Remove(const std::string&, const Also&) override;
  std::string SigningKey(const AccessKey& of, std::string_view date,
                         std::string_view region,
                         std::string_view service) override;
};

/// 2013-05-24T00:00:00Z, the time of S3's examples.
std::chrono::system_clock::time_point ExampleTime();

/// A request of `service`, signed by the examples' key at `ExampleTime`.
RequestHead SignedHead(const std::string& service, const std::string& method,
                       const std::string& target, std::string_view body,
                       const http::Headers& headers = {});

std::span<const std::byte> BytesOf(std::string_view text);

/// What `reader` makes of `body` in pieces of `piece_bytes`.
ApiResult<std::string> ReadAll(PayloadReader& reader, std::string_view body,
                               std::size_t piece_bytes);

/// `result`'s error code, or "ok".
template <class T>
std::string CodeOf(const ApiResult<T>& result) {
  return result ? "ok" : result.error().code;
}

}  // namespace skerry::cloud
