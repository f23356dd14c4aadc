// The program that kernel_harness.cc generates: runs each case on the inputs
// of one file and writes what it gives to another.
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "skerry/kernels/call.h"

namespace k = skerry::kernels;
using k::f32;
using k::f64;
using k::i16;
using k::i32;
using k::i64;
using k::i8;
using k::u16;
using k::u32;
using k::u64;
using k::u8;

struct Buffers {
  void* inputs[64];
  void* outputs[64];
  void* packed[16];
  u8* scratch;
};

struct Sizes {
  int count;
  i64 bytes[64];
};

struct Item {
  void (*run)(const Buffers&, i64 task);
  i64 tasks;
  i64 scratch_bytes;
  int in_place_input;
  Sizes inputs;
  Sizes outputs;
  Sizes packed;
};

// Memory that ends where a guard page begins, or less than `alignment`
// before it. It is never given back: the program is short.
static void* Guarded(i64 bytes, i64 alignment) {
  constexpr i64 kPage = 65536;
  const i64 mapped = (bytes + kPage - 1) / kPage * kPage;
  auto* base =
      static_cast<char*>(mmap(nullptr, mapped + kPage, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  if (base == MAP_FAILED) abort();
  mprotect(base + mapped, kPage, PROT_NONE);
  // Not-a-numbers, so that what is never written shows.
  memset(base, 0xff, mapped);
  return base + (mapped - bytes) / alignment * alignment;
}

static void ReadInto(void** buffers, const Sizes& sizes, i64 alignment,
                     FILE* file) {
  for (int i = 0; i < sizes.count; ++i) {
    buffers[i] = Guarded(sizes.bytes[i], alignment);
    if (fread(buffers[i], 1, sizes.bytes[i], file) != sizes.bytes[i]) abort();
  }
}

static void RunTasks(const Item& item, const Buffers& buffers) {
  for (i64 task = item.tasks; task-- > 0;) item.run(buffers, task);
}

// Whether the output comes out the same in the place of the input.
static bool SameInPlace(const Item& item, Buffers buffers) {
  const i64 bytes = item.outputs.bytes[0];
  void* const expected = buffers.outputs[0];
  buffers.outputs[0] = buffers.inputs[item.in_place_input];
  RunTasks(item, buffers);
  return memcmp(expected, buffers.outputs[0], bytes) == 0;
}

static int RunItems(const Item* items, int count, const char* in_path,
                    const char* out_path) {
  FILE* const in = fopen(in_path, "rb");
  FILE* const out = fopen(out_path, "wb");
  if (in == nullptr || out == nullptr) return 1;
  int failures = 0;
  for (int i = 0; i < count; ++i) {
    const Item& item = items[i];
    Buffers buffers = {};
    ReadInto(buffers.inputs, item.inputs, 1, in);
    ReadInto(buffers.packed, item.packed, 64, in);
    for (int o = 0; o < item.outputs.count; ++o) {
      buffers.outputs[o] = Guarded(item.outputs.bytes[o], 1);
    }
    buffers.scratch = static_cast<u8*>(Guarded(item.scratch_bytes, 64));
    RunTasks(item, buffers);
    for (int o = 0; o < item.outputs.count; ++o) {
      fwrite(buffers.outputs[o], 1, item.outputs.bytes[o], out);
    }
    if (item.in_place_input >= 0 && !SameInPlace(item, buffers)) {
      fprintf(stderr, "case %d: differs when run in place\n", i);
      ++failures;
    }
  }
  return fclose(out) == 0 && failures == 0 ? 0 : 1;
}
