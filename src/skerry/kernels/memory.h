// The memory functions that clang may call from any code it generates. A
// compiled model has no C library, so it brings its own. Include once for
// each model.
//
// Freestanding: no standard library.
#pragma once

#include "skerry/kernels/call.h"

// Loops that clang must not turn back into calls of themselves.
#define SKERRY_NO_BUILTIN __attribute__((no_builtin, visibility("hidden")))

extern "C" {

SKERRY_NO_BUILTIN void* memcpy(void* __restrict to, const void* __restrict from,
                               skerry::kernels::usize bytes) {
  auto* out = static_cast<char*>(to);
  const auto* in = static_cast<const char*>(from);
  // 64 bytes a round; __builtin_memcpy of a constant size becomes registers.
  struct Block {
    char bytes[64];
  };
  while (bytes >= sizeof(Block)) {
    Block block;
    __builtin_memcpy_inline(&block, in, sizeof(Block));
    __builtin_memcpy_inline(out, &block, sizeof(Block));
    in += sizeof(Block);
    out += sizeof(Block);
    bytes -= sizeof(Block);
  }
  for (; bytes > 0; --bytes) *out++ = *in++;
  return to;
}

SKERRY_NO_BUILTIN void* memmove(void* to, const void* from,
                                skerry::kernels::usize bytes) {
  auto* out = static_cast<char*>(to);
  const auto* in = static_cast<const char*>(from);
  if (out <= in || out >= in + bytes) {
    for (skerry::kernels::usize i = 0; i < bytes; ++i) out[i] = in[i];
  } else {
    for (skerry::kernels::usize i = bytes; i > 0; --i) out[i - 1] = in[i - 1];
  }
  return to;
}

SKERRY_NO_BUILTIN void* memset(void* to, int value,
                               skerry::kernels::usize bytes) {
  auto* out = static_cast<char*>(to);
  for (skerry::kernels::usize i = 0; i < bytes; ++i) {
    out[i] = static_cast<char>(value);
  }
  return to;
}

SKERRY_NO_BUILTIN int memcmp(const void* a, const void* b,
                             skerry::kernels::usize bytes) {
  const auto* left = static_cast<const unsigned char*>(a);
  const auto* right = static_cast<const unsigned char*>(b);
  for (skerry::kernels::usize i = 0; i < bytes; ++i) {
    if (left[i] != right[i]) return left[i] < right[i] ? -1 : 1;
  }
  return 0;
}

}  // extern "C"

#undef SKERRY_NO_BUILTIN
