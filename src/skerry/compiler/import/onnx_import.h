#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "skerry/base/result.h"
#include "skerry/compiler/ir/graph.h"

namespace skerry::compiler {

/// What the importer may be told.
struct ImportOptions {
  /// Shapes for graph inputs, by name; they win over those in the model.
  std::map<std::string, std::vector<std::int64_t>, std::less<>> input_shapes =
      {};
  /// Folder of external data files; they may not lie outside it.
  std::string data_folder = {};
  /// Gets a line for each choice made for the user (a batch of 1, say).
  std::vector<std::string>* notes = nullptr;
};

/// Reads an ONNX model into a graph in which every operator is one of ours, of
/// the newest meaning; shapes of all values are resolved and constants still
/// in place. Errors name node, operator, what was found and what was wanted.
///
/// Errors: kInvalidArgument, kDataLoss for a bad model; kUnimplemented for
/// what is not supported.
Result<Graph> ImportOnnx(std::span<const std::byte> bytes,
                         const ImportOptions& options);

/// `ImportOnnx` of the file at `path`, whose folder is the data folder.
Result<Graph> ImportOnnxFile(const std::string& path, ImportOptions options);

}  // namespace skerry::compiler
