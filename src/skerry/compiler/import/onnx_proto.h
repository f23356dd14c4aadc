// The generated classes of ONNX's schema. Only the importer includes them.
#pragma once

#include <onnx/onnx_pb.h>  // IWYU pragma: export
