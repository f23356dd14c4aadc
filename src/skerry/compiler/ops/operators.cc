// The table of all operators. A file of its own, as the reference kernels take
// long to compile.
#include "skerry/compiler/ops/infer.h"
#include "skerry/compiler/ops/op.h"
#include "skerry/kernels/reference/convolution.h"
#include "skerry/kernels/reference/elementwise.h"
#include "skerry/kernels/reference/gather.h"
#include "skerry/kernels/reference/matmul.h"
#include "skerry/kernels/reference/movement.h"
#include "skerry/kernels/reference/normalization.h"
#include "skerry/kernels/reference/pooling.h"
#include "skerry/kernels/reference/quantize.h"
#include "skerry/kernels/reference/recurrent.h"
#include "skerry/kernels/reference/reduce.h"
#include "skerry/kernels/reference/resize.h"
#include "skerry/kernels/reference/softmax.h"

namespace skerry::compiler {
namespace {

constexpr OpInfo kOperators[] = {
#define SKERRY_OP(name, inputs_min, inputs_max, outputs_max, infer, header) \
  {                                                                         \
      #name,       inputs_min, inputs_max,                                  \
      outputs_max, infer,      kernels::reference::name,                    \
      #header},
#include "skerry/compiler/ops/ops.def"
#undef SKERRY_OP
};

}  // namespace

std::span<const OpInfo> Operators() { return kOperators; }

}  // namespace skerry::compiler
