// The programs of the operator "Elementwise": words in reverse Polish
// notation, parted by single spaces, that say how one element of the result
// comes from the elements of the inputs, all of them float32.
//
//     "i0 i1 add relu"            relu(i0 + i1)
//     "i0 dup sigmoid mul"        i0 * sigmoid(i0)
//     "i0 #0.5 mul clip:0:6"      min(max(i0 * 0.5, 0), 6)
//
//   i<n>                      pushes the element of input n
//   #<number>                 pushes a number: "#0.5", "#-1e-05", "#inf"
//   dup                       pushes the top again
//   swap                      exchanges the top two
//   add sub mul div pow min max
//                             replace the top two, x below y, by x add y
//   a name of functions.h     replaces the top by the function of it; its
//                             parameters follow the name: "clip:0:6"
//
// Each word's result is rounded to float32. A program ends with one number
// on the stack.
//
// Freestanding: no standard library.
#pragma once

#include "skerry/kernels/reference/functions.h"

namespace skerry::kernels::reference {

inline constexpr i32 kProgramWordsMax = 128;
inline constexpr i32 kProgramStackMax = 16;
inline constexpr i32 kProgramInputsMax = 32;

/// What a word does. `kFunction` is one of functions.h.
enum class Word : u8 {
  kInput,
  kConstant,
  kDup,
  kSwap,
  kAdd,
  kSub,
  kMul,
  kDiv,
  kPow,
  kMin,
  kMax,
  kFunction,
};

/// One word. `input` is for `kInput` only, `function` for `kFunction` only; a
/// constant is in `a`, a function's parameters are `a` and `b`.
struct Instruction {
  Word word = Word::kInput;
  Function function = Function::kNone;
  i32 input = 0;
  f32 a = 0;
  f32 b = 0;
};

struct Program {
  Instruction at[kProgramWordsMax] = {};
  i32 count = 0;
  i32 stack_max = 0;    ///< deepest that the stack gets
  i32 input_count = 0;  ///< one more than the highest input that is read
};

namespace internal {

constexpr f64 PowerOfTen(i64 exponent) {
  f64 power = 1;
  for (i64 i = 0; i < exponent; ++i) power *= 10;
  return power;
}

/// A number as people and printf write it, without a sign.
constexpr bool ParseMagnitude(const char* text, i64 size, f64* value) {
  if (size == 3 && text[0] == 'i' && text[1] == 'n' && text[2] == 'f') {
    *value = math::kInfinity;
    return true;
  }
  f64 digits = 0;
  i64 exponent = 0;
  bool fraction = false;
  bool any = false;
  i64 i = 0;
  for (; i < size && text[i] != 'e'; ++i) {
    if (text[i] == '.' && !fraction) {
      fraction = true;
      continue;
    }
    if (text[i] < '0' || text[i] > '9') return false;
    any = true;
    digits = digits * 10 + (text[i] - '0');
    if (fraction) --exponent;
  }
  if (i < size) {  // e, a sign perhaps, and digits
    ++i;
    const bool negative = i < size && text[i] == '-';
    if (negative || (i < size && text[i] == '+')) ++i;
    if (i == size || size - i > 3) return false;
    i64 written = 0;
    for (; i < size; ++i) {
      if (text[i] < '0' || text[i] > '9') return false;
      written = written * 10 + (text[i] - '0');
    }
    exponent += negative ? -written : written;
  }
  if (!any || exponent > 300 || exponent < -300) return false;
  *value = exponent < 0 ? digits / PowerOfTen(-exponent)
                        : digits * PowerOfTen(exponent);
  return true;
}

constexpr bool ParseNumber(const char* text, i64 size, f32* value) {
  const bool negative = size > 0 && text[0] == '-';
  f64 magnitude = 0;
  if (!ParseMagnitude(text + negative, size - negative, &magnitude)) {
    return false;
  }
  // Beyond the largest float, the conversion is undefined.
  const f64 bounded = magnitude >= 0x1.ffffffp127 ? math::kInfinity : magnitude;
  *value = static_cast<f32>(negative ? -bounded : bounded);
  return true;
}

constexpr bool IsWord(const char* text, i64 size, const char* wanted) {
  i64 i = 0;
  while (i < size && wanted[i] != 0 && text[i] == wanted[i]) ++i;
  return i == size && wanted[i] == 0;
}

constexpr bool ParseInput(const char* text, i64 size, Instruction* out) {
  if (size < 2 || size > 3 || text[0] != 'i') return false;
  i32 index = 0;
  for (i64 i = 1; i < size; ++i) {
    if (text[i] < '0' || text[i] > '9') return false;
    index = index * 10 + (text[i] - '0');
  }
  if (index >= kProgramInputsMax) return false;
  out->word = Word::kInput;
  out->input = index;
  return true;
}

constexpr bool ParseFunction(const char* text, i64 size, Instruction* out) {
  i64 end = 0;
  while (end < size && text[end] != ':') ++end;
  out->word = Word::kFunction;
  out->function = FindFunction(text, end);
  if (out->function == Function::kNone) return false;
  const i32 wanted = kFunctions[static_cast<u8>(out->function)].parameter_count;
  for (i32 i = 0; i < wanted; ++i) {
    if (end == size) return false;
    const i64 start = end + 1;
    end = start;
    while (end < size && text[end] != ':') ++end;
    f32* parameter = i == 0 ? &out->a : &out->b;
    if (!ParseNumber(text + start, end - start, parameter)) return false;
  }
  return end == size;
}

constexpr bool ParseWord(const char* text, i64 size, Instruction* out) {
  constexpr const char* kPlain[] = {"dup", "swap", "add", "sub", "mul",
                                    "div", "pow",  "min", "max"};
  constexpr i32 kPlainFirst = static_cast<i32>(Word::kDup);
  for (i32 i = 0; i < 9; ++i) {
    if (IsWord(text, size, kPlain[i])) {
      out->word = static_cast<Word>(kPlainFirst + i);
      return true;
    }
  }
  if (size > 0 && text[0] == '#') {
    out->word = Word::kConstant;
    return ParseNumber(text + 1, size - 1, &out->a);
  }
  return ParseInput(text, size, out) || ParseFunction(text, size, out);
}

/// How many numbers a word takes off the stack and puts on it.
constexpr i32 Taken(Word word) {
  if (word == Word::kInput || word == Word::kConstant) return 0;
  return word == Word::kDup || word == Word::kFunction ? 1 : 2;
}
constexpr i32 Given(Word word) {
  return word == Word::kDup || word == Word::kSwap ? 2 : 1;
}

}  // namespace internal

/// Reads the `size` characters of a program. False if it is not one: an
/// unknown word, a wrong count of parameters, a stack that runs dry or beyond
/// its limit or does not end with one number.
constexpr bool ParseProgram(const char* text, i64 size, Program* program) {
  *program = {};
  i32 depth = 0;
  i64 start = 0;
  while (start <= size) {
    i64 end = start;
    while (end < size && text[end] != ' ') ++end;
    if (program->count == kProgramWordsMax) return false;
    Instruction& word = program->at[program->count++];
    if (!internal::ParseWord(text + start, end - start, &word)) return false;
    if (depth < internal::Taken(word.word)) return false;
    depth += internal::Given(word.word) - internal::Taken(word.word);
    if (depth > kProgramStackMax) return false;
    if (depth > program->stack_max) program->stack_max = depth;
    if (word.word == Word::kInput && word.input >= program->input_count) {
      program->input_count = word.input + 1;
    }
    start = end + 1;
  }
  return depth == 1;
}

/// x `word` y, for the words that take two numbers and give one.
inline f32 ApplyBinary(Word word, f32 x, f32 y) {
  switch (word) {
    case Word::kAdd:
      return x + y;
    case Word::kSub:
      return x - y;
    case Word::kMul:
      return x * y;
    case Word::kDiv:
      return x / y;
    case Word::kPow:
      return static_cast<f32>(math::Pow(x, y));
    case Word::kMin:
      return x < y || x != x ? x : y;
    case Word::kMax:
      return x > y || x != x ? x : y;
    default:
      return 0;
  }
}

/// The program's result for one element of each input.
inline f32 RunProgram(const Program& program, const f32* inputs) {
  f32 stack[kProgramStackMax + 1] = {};
  f32* top = stack;  // the last number pushed
  for (i32 i = 0; i < program.count; ++i) {
    const Instruction& word = program.at[i];
    switch (word.word) {
      case Word::kInput:
        *++top = inputs[word.input];
        break;
      case Word::kConstant:
        *++top = word.a;
        break;
      case Word::kDup:
        top[1] = top[0];
        ++top;
        break;
      case Word::kSwap: {
        const f32 x = top[0];
        top[0] = top[-1];
        top[-1] = x;
        break;
      }
      case Word::kFunction:
        *top = static_cast<f32>(Apply(word.function, *top, word.a, word.b));
        break;
      default:
        --top;
        *top = ApplyBinary(word.word, top[0], top[1]);
    }
  }
  return *top;
}

}  // namespace skerry::kernels::reference
