#include "skerry/compiler/import/onnx_import.h"

#include <filesystem>
#include <fstream>
#include <limits>
#include <system_error>

#include "skerry/compiler/import/model_reader.h"
#include "skerry/compiler/import/onnx_proto.h"

namespace skerry::compiler {
namespace {

/// protobuf reads no message of more.
constexpr std::uintmax_t kFileBytesMax = std::numeric_limits<int>::max();

Result<std::vector<std::byte>> ReadWholeFile(const std::string& path) {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  if (error) return NotFound("'" + path + "': " + error.message());
  if (size > kFileBytesMax) {
    return ResourceExhausted("'" + path + "' has " + std::to_string(size) +
                             " bytes, at most " +
                             std::to_string(kFileBytesMax) +
                             " can be read; keep the weights in external data");
  }
  std::vector<std::byte> bytes(static_cast<std::size_t>(size));
  std::ifstream file(path, std::ios::binary);
  file.read(reinterpret_cast<char*>(bytes.data()),
            static_cast<std::streamsize>(bytes.size()));
  if (!file) return DataLoss("'" + path + "' cannot be read");
  return bytes;
}

}  // namespace

Result<Graph> ImportOnnx(std::span<const std::byte> bytes,
                         const ImportOptions& options) {
  if (bytes.size() > kFileBytesMax) {
    return ResourceExhausted("model has " + std::to_string(bytes.size()) +
                             " bytes, at most " +
                             std::to_string(kFileBytesMax) + " can be read");
  }
  onnx::ModelProto model;
  // What protobuf logs of a damaged file says no more than our error.
  const google::protobuf::LogSilencer silence;
  if (!model.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return DataLoss("file of " + std::to_string(bytes.size()) +
                    " bytes is no ONNX model, or is cut short or damaged");
  }
  return ModelReader(options).Read(model);
}

Result<Graph> ImportOnnxFile(const std::string& path, ImportOptions options) {
  SKERRY_ASSIGN_OR_RETURN(const std::vector<std::byte> bytes,
                          ReadWholeFile(path));
  const std::filesystem::path folder =
      std::filesystem::path(path).parent_path();
  options.data_folder = folder.empty() ? "." : folder.string();
  return ImportOnnx(bytes, options);
}

}  // namespace skerry::compiler
