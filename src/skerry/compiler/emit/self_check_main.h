// Runs a model once, as a program of its own: the self-check's way to run code
// that was compiled a moment ago, and for whatever CPU, without a C library
// and without putting it into the compiler's process.
//
// Reads the model's inputs, one after the other, from inputs.bin in the working
// folder and writes its outputs to outputs.bin. Exit code 3: a file or memory
// is short.
//
// The generated source that includes this defines the constants it uses.
//
// Freestanding: no standard library.
#pragma once

#include "skerry/kernels/call.h"
#include "skerry/model/abi.h"

extern "C" void skerry_model_run_v1(const SkerryCall* call);

namespace skerry::self_check {

using kernels::i64;
using kernels::u8;

#if defined(__x86_64__)
enum : long { kRead = 0, kWrite = 1, kMap = 9, kExit = 231, kOpenAt = 257 };
inline long SystemCall(long number, long a, long b, long c, long d = 0,
                       long e = 0, long f = 0) {
  long result = 0;
  register long r10 asm("r10") = d;
  register long r8 asm("r8") = e;
  register long r9 asm("r9") = f;
  asm volatile("syscall"
               : "=a"(result)
               : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
               : "rcx", "r11", "memory");
  return result;
}
asm(".globl _start\n"
    "_start:\n"
    "  xor %ebp, %ebp\n"
    "  and $-16, %rsp\n"
    "  call skerry_self_check_main\n"
    "  hlt\n");
#elif defined(__aarch64__)
enum : long { kRead = 63, kWrite = 64, kMap = 222, kExit = 94, kOpenAt = 56 };
inline long SystemCall(long number, long a, long b, long c, long d = 0,
                       long e = 0, long f = 0) {
  register long x8 asm("x8") = number;
  register long x0 asm("x0") = a;
  register long x1 asm("x1") = b;
  register long x2 asm("x2") = c;
  register long x3 asm("x3") = d;
  register long x4 asm("x4") = e;
  register long x5 asm("x5") = f;
  asm volatile("svc 0"
               : "+r"(x0)
               : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
               : "memory");
  return x0;
}
asm(".globl _start\n"
    "_start:\n"
    "  mov x29, xzr\n"
    "  bl skerry_self_check_main\n"
    "  brk 0\n");
#else
#error "the self-check knows x86_64 and aarch64"
#endif

[[noreturn]] inline void Exit(int code) {
  for (;;) SystemCall(kExit, code, 0, 0);
}

// Fresh zeroed memory; never freed, as the program ends soon. A page is a
// page even when nothing is asked for.
inline u8* Map(i64 bytes) {
  constexpr long kReadWrite = 3;
  constexpr long kPrivateAnonymous = 0x22;
  const long at =
      SystemCall(kMap, 0, bytes + 4096, kReadWrite, kPrivateAnonymous, -1, 0);
  if (at < 0 && at > -4096) Exit(3);
  return reinterpret_cast<u8*>(at);
}

inline long Open(const char* path, long flags) {
  constexpr long kWorkingFolder = -100;
  const long file = SystemCall(kOpenAt, kWorkingFolder,
                               reinterpret_cast<long>(path), flags, 0600);
  if (file < 0) Exit(3);
  return file;
}

// Reads or writes all of `bytes`.
inline void Transfer(long call, long file, u8* data, i64 bytes) {
  while (bytes > 0) {
    const long done =
        SystemCall(call, file, reinterpret_cast<long>(data), bytes);
    if (done <= 0) Exit(3);
    data += done;
    bytes -= done;
  }
}

// The host's side of the ABI, whose integers are those of stdint.h.
inline void RunInTurn(void*, int64_t count, SkerryTask task, void* argument) {
  for (int64_t i = 0; i < count; ++i) task(argument, i, 0);
}

// The lists have one element more than the counts say, as a model may have no
// inputs.
template <i64 kInputs, i64 kOutputs>
void Run(const i64* input_bytes, const i64* output_bytes, i64 arena_bytes,
         i64 scratch_bytes) {
  const void* inputs[kInputs + 1];
  void* outputs[kOutputs + 1];
  const long in = Open("inputs.bin", 0);
  for (i64 i = 0; i < kInputs; ++i) {
    u8* data = Map(input_bytes[i]);
    Transfer(kRead, in, data, input_bytes[i]);
    inputs[i] = data;
  }
  for (i64 i = 0; i < kOutputs; ++i) outputs[i] = Map(output_bytes[i]);
  const SkerryHost host = {nullptr, RunInTurn, 1};
  const SkerryCall call = {inputs,
                           outputs,
                           Map(arena_bytes),
                           Map(scratch_bytes),
                           static_cast<uint64_t>(scratch_bytes),
                           &host};
  skerry_model_run_v1(&call);
  constexpr long kCreateToWrite = 0101;
  const long out = Open("outputs.bin", kCreateToWrite);
  for (i64 i = 0; i < kOutputs; ++i) {
    Transfer(kWrite, out, static_cast<u8*>(outputs[i]), output_bytes[i]);
  }
}

}  // namespace skerry::self_check
