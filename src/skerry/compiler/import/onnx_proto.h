// The generated classes of ONNX's schema. Only the importer includes them.
#pragma once

#include <onnx/onnx.pb.h>  // IWYU pragma: export
