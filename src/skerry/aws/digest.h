#pragma once

#include <string>
#include <string_view>

namespace skerry::aws {

/// The 32 bytes of SHA-256 of `bytes`.
std::string Sha256(std::string_view bytes);

/// The 32 bytes of HMAC-SHA-256 of `bytes` by `key`.
std::string HmacSha256(std::string_view key, std::string_view bytes);

/// The 20 bytes of HMAC-SHA-1 of `bytes` by `key`: for Signature Version 2,
/// whose clients know no other.
std::string HmacSha1(std::string_view key, std::string_view bytes);

/// `bytes` as lower-case hexadecimal digits.
std::string Hex(std::string_view bytes);

/// `bytes` in base64 (RFC 4648 section 4), padded, in one line.
std::string EncodeBase64(std::string_view bytes);

/// Whether `a` and `b` are equal, in a time that does not tell where they
/// differ.
bool EqualSecrets(std::string_view a, std::string_view b);

}  // namespace skerry::aws
