#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "skerry/base/result.h"
#include "skerry/compiler/import/onnx_import.h"
#include "skerry/compiler/import/onnx_proto.h"
#include "skerry/tensor/shape.h"

namespace skerry::compiler {

/// Works out the shapes of a model's inputs, in the order of its inputs. A
/// shape in `options` wins; an unknown first extent becomes 1, with a note;
/// extents of one symbol are one.
///
/// Thread safety: bound to one thread.
class InputShapes {
 public:
  /// Learns what the symbols of `inputs` stand for. kInvalidArgument if
  /// `options` names an input that there is not.
  static Result<InputShapes> Create(
      const std::vector<const onnx::ValueInfoProto*>& inputs,
      const ImportOptions& options);

  /// The type of `input`, one of those given to `Create`.
  ///
  /// Errors: kInvalidArgument for an unknown extent names the flag to give;
  /// kUnimplemented for inputs that are not tensors.
  Result<TensorType> TypeOf(const onnx::ValueInfoProto& input,
                            std::vector<std::string>* notes) const;

 private:
  explicit InputShapes(const ImportOptions& options) : options_(&options) {}

  const ImportOptions* options_;
  std::map<std::string, std::int64_t, std::less<>> symbols_;
};

}  // namespace skerry::compiler
