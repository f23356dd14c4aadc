#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "skerry/base/result.h"

namespace skerry::cli {

/// Whether `path` names a PyTorch model: ".pt" or ".pth".
bool IsTorchModel(std::string_view path);

/// The Python that has PyTorch: $SKERRY_PYTHON, else Debian's, to which
/// python3-torch belongs.
std::string TorchPython();

/// Where torch_to_onnx.py is: in $SKERRY_IMPORTERS, beside the installed
/// program, or in the source tree that it was built in. kFailedPrecondition
/// if it is in none.
Result<std::string> FindTorchImporter();

struct TorchImport {
  std::string model;                ///< the .pt or .pth file
  std::vector<std::string> inputs;  ///< "NAME=1,3,224,224", in their order
  std::string arch;  ///< for weights only: the network, "MODULE:CALLABLE"
  std::string onnx;  ///< the file to write
};

/// Turns a PyTorch model into an ONNX file.
///
/// Errors: kInvalidArgument with the importer's words if it refuses the model;
/// kFailedPrecondition if the Python has no PyTorch, with the mend.
Result<void> ImportTorch(const TorchImport& import);

}  // namespace skerry::cli
