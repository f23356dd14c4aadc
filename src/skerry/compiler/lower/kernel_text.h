#pragma once

#include <string>

#include "skerry/kernels/convolution.h"
#include "skerry/kernels/depthwise.h"
#include "skerry/kernels/matmul.h"
#include "skerry/kernels/winograd.h"

namespace skerry::compiler {

/// Kernel shapes as generated code writes them: C++ expressions with a name
/// for each member that differs from its default.
std::string CppText(const kernels::ConvolutionShape& shape);
std::string CppText(const kernels::DepthwiseShape& shape);
std::string CppText(const kernels::MatMulShape& shape);
std::string CppText(const kernels::WinogradShape& shape);

}  // namespace skerry::compiler
