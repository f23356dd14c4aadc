#include "skerry/compiler/import/external_data.h"

#include <charconv>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>

#include "skerry/compiler/import/names.h"

namespace skerry::compiler {
namespace {

namespace fs = std::filesystem;

/// A stretch of a file.
struct Extent {
  fs::path path;
  std::uint64_t offset = 0;
};

Result<std::uint64_t> ParseNumber(const std::string& key,
                                  const std::string& text) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || at != end) {
    return InvalidArgument("external data has " + key + " '" + text +
                           "', want a number");
  }
  return number;
}

/// Whether `path` is `folder` or below it; both absolute, links followed.
bool LiesIn(const fs::path& path, const fs::path& folder) {
  const fs::path relative = path.lexically_relative(folder);
  return !relative.empty() && *relative.begin() != "..";
}

Result<fs::path> Locate(const std::string& location,
                        const std::string& data_folder) {
  if (data_folder.empty()) {
    return FailedPrecondition("elements are in the file '" + location +
                              "', but the model is not read from a folder");
  }
  std::error_code error;
  const fs::path folder = fs::canonical(data_folder, error);
  if (error) {
    return NotFound("folder '" + data_folder + "': " + error.message());
  }
  const fs::path wanted = fs::path(location);
  if (location.empty() || wanted.is_absolute() ||
      !LiesIn((folder / wanted).lexically_normal(), folder)) {
    return PermissionDenied("external data file '" + location +
                            "' is outside the folder of the model");
  }
  const fs::path path = fs::canonical(folder / wanted, error);
  if (error) {
    return NotFound("external data file '" + location +
                    "': " + error.message());
  }
  if (!LiesIn(path, folder)) {
    return PermissionDenied("external data file '" + location +
                            "' links to outside the folder of the model");
  }
  if (!fs::is_regular_file(path, error)) {
    return InvalidArgument("external data file '" + location +
                           "' is not a regular file");
  }
  return path;
}

Result<Extent> FindExtent(const onnx::TensorProto& proto,
                          const std::string& data_folder,
                          std::uint64_t byte_count) {
  std::string location;
  Extent extent;
  std::uint64_t length = byte_count;
  for (const onnx::StringStringEntryProto& entry : proto.external_data()) {
    if (entry.key() == "location") location = entry.value();
    if (entry.key() == "offset") {
      SKERRY_ASSIGN_OR_RETURN(extent.offset,
                              ParseNumber("offset", entry.value()));
    }
    if (entry.key() == "length") {
      SKERRY_ASSIGN_OR_RETURN(length, ParseNumber("length", entry.value()));
    }
  }
  if (length != byte_count) {
    return InvalidArgument("external data has " + std::to_string(length) +
                           " bytes, the shape wants " +
                           std::to_string(byte_count));
  }
  SKERRY_ASSIGN_OR_RETURN(extent.path, Locate(location, data_folder));
  std::error_code error;
  const std::uintmax_t size = fs::file_size(extent.path, error);
  if (error || extent.offset > size || byte_count > size - extent.offset) {
    return DataLoss("external data file '" + location + "' has " +
                    std::to_string(error ? 0 : size) + " bytes, want " +
                    std::to_string(byte_count) + " at offset " +
                    std::to_string(extent.offset));
  }
  return extent;
}

}  // namespace

Result<void> CheckExternalData(const onnx::TensorProto& proto,
                               const std::string& data_folder,
                               std::size_t byte_count) {
  SKERRY_RETURN_IF_ERROR(FindExtent(proto, data_folder, byte_count));
  return {};
}

Result<void> ReadExternalData(const onnx::TensorProto& proto,
                              const std::string& data_folder,
                              std::span<std::byte> bytes) {
  SKERRY_ASSIGN_OR_RETURN(const Extent extent,
                          FindExtent(proto, data_folder, bytes.size()));
  std::ifstream file(extent.path, std::ios::binary);
  file.seekg(static_cast<std::streamoff>(extent.offset));
  file.read(reinterpret_cast<char*>(bytes.data()),
            static_cast<std::streamsize>(bytes.size()));
  if (!file) {
    return DataLoss("external data file '" + extent.path.filename().string() +
                    "' cannot be read");
  }
  return {};
}

}  // namespace skerry::compiler
