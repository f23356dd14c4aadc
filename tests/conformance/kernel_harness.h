#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <vector>

#include "skerry/compiler/ir/graph.h"
#include "skerry/compiler/lower/kernel_plan.h"
#include "skerry/compiler/toolchain/target.h"

namespace skerry::conformance {

/// A graph of one node whose inputs are random, to try a kernel on.
struct KernelCase {
  std::string name;  ///< "MaxPool 3x3 of 17 channels"
  compiler::Graph graph;
};

/// An operand of a case: an input of that shape, or a constant.
struct Operand {
  Operand(Shape shape) : type{DataType::kFloat32, std::move(shape)} {}
  Operand(std::initializer_list<std::int64_t> dims) : Operand(Shape(dims)) {}
  Operand(TensorType input) : type(std::move(input)) {}
  Operand(Tensor value)
      : type(value.type()), constant(std::move(value)), is_constant(true) {}
  /// An optional operand that is left out.
  static Operand Absent() {
    Operand operand{Shape{}};
    operand.is_absent = true;
    return operand;
  }

  TensorType type;
  Tensor constant;
  bool is_constant = false;
  bool is_absent = false;
};

/// A constant list, such as the axes of a reduction.
Operand Ints(std::initializer_list<std::int64_t> values);
/// A constant of random floats.
Operand Constant(Shape shape);

/// A case of the operator `op` with `output_count` outputs, whose types are
/// inferred. Stops the program if the operator refuses.
KernelCase Case(const std::string& op, std::vector<Operand> operands,
                compiler::Attributes attributes = {}, int output_count = 1);

/// The targets whose code runs here: those x86-64 levels that this CPU has,
/// and aarch64 under qemu.
std::vector<compiler::Target> RunnableTargets();

/// What a test of kernels is about.
struct KernelTest {
  std::vector<KernelCase> cases;
  /// Tried in turn; a case that all decline fails.
  std::vector<compiler::LowerFamily> families;
  /// Of the largest magnitude of an output.
  double tolerance = 1e-5;
};

/// Lowers all cases for `target`, compiles them into one program, runs it and
/// compares what it gives with the reference kernels; each difference is a
/// failure of the running test.
///
/// The program puts each buffer at the end of mapped memory, so a kernel that
/// reads or writes past an end is killed; runs tasks in reverse order; and
/// runs again in place where the plan allows it, with the same result.
void ExpectReferenceResults(const KernelTest& test,
                            const compiler::Target& target);

}  // namespace skerry::conformance
