// Every reference kernel, and the headers of all kernels: freestanding_test
// compiles this for each kind of target without a C library.
#include SKERRY_KERNEL_HEADERS

#define SKERRY_OP(name, inputs_min, inputs_max, outputs_max, infer, header) \
  extern "C" void Run##name(const skerry::kernels::Call& call) {            \
    skerry::kernels::reference::name(call);                                 \
  }
#include "skerry/compiler/ops/ops.def"
