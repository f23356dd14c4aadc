#include "skerry/agent/capture/capture_files.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "skerry/aws/digest.h"
#include "skerry/tensor/data_type.h"

namespace skerry::agent {
namespace {

using Json = nlohmann::json;
using std::chrono::system_clock;

constexpr std::string_view kLinesEnd = ".jsonl";
constexpr std::string_view kRawEnd = ".bin";

std::string FormatTime(system_clock::time_point time, const char* form) {
  const std::time_t seconds =
      system_clock::to_time_t(std::chrono::floor<std::chrono::seconds>(time));
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 64> text{};
  return {text.data(), std::strftime(text.data(), text.size(), form, &parts)};
}

std::string Join(std::string_view folder, std::string_view name) {
  std::string path(folder);
  if (!path.empty() && !path.ends_with('/')) path += '/';
  return path.append(name);
}

const char* EncodingName(CaptureEncoding encoding) {
  switch (encoding) {
    case CaptureEncoding::kCsv:
      return "CSV";
    case CaptureEncoding::kJson:
      return "JSON";
    case CaptureEncoding::kNone:
      return "NONE";
    case CaptureEncoding::kBase64:
      return "BASE64";
  }
  return "NONE";
}

// "Tensor[float32; 1, 3, 224, 224]"
std::string ContentType(const CapturedTensor& tensor) {
  std::string text = "Tensor[";
  text.append(DataTypeName(tensor.type.type));
  const char* separator = "; ";
  for (const std::int64_t extent : tensor.type.shape.dims()) {
    text.append(separator).append(std::to_string(extent));
    separator = ", ";
  }
  return text += ']';
}

// A hint at the kind of file, as the ends of file names are.
std::string ContentType(const CapturedAuxiliary& auxiliary) {
  const std::string_view bytes = auxiliary.bytes;
  if (auxiliary.encoding == CaptureEncoding::kCsv) return "csv";
  if (auxiliary.encoding == CaptureEncoding::kJson) return "json";
  if (bytes.starts_with("\xff\xd8\xff")) return "jpg";
  if (bytes.starts_with("\x89PNG\r\n")) return "png";
  return "bin";
}

bool IsBase64(std::string_view text) {
  if (text.size() % 4 != 0) return false;
  for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
  return std::ranges::all_of(text, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           (c >= '0' && c <= '9') || c == '+' || c == '/';
  });
}

// The lines, and the files beside them, of one file as it grows.
class FileBuilder {
 public:
  FileBuilder(const CaptureOptions& options, std::string folder,
              const std::string& stem)
      : options_(options), folder_(std::move(folder)), stem_(stem) {
    file_.key = Join(folder_, stem + std::string(kLinesEnd));
  }

  void Add(const CaptureRecord& record) {
    Json line;
    line["eventVersion"] = "0";
    line["eventMetadata"] = {{"deviceFleetName", options_.fleet_name},
                             {"deviceId", options_.device_name},
                             {"eventId", record.capture_id},
                             {"inferenceTime", FormatTime(record.inference_time,
                                                          "%Y-%m-%dT%H:%M:%S")},
                             {"modelName", record.model_name},
                             {"modelVersion", record.model_version}};
    line["deviceFleetInputs"] =
        Entries(record.inputs, "Input", "input-tensors");
    line["deviceFleetOutputs"] =
        Entries(record.outputs, "Output", "output-tensors");
    line["deviceFleetAuxiliaryInputs"] =
        Entries(record.auxiliary_inputs, "Input", "auxiliary-inputs");
    line["deviceFleetAuxiliaryOutputs"] =
        Entries(record.auxiliary_outputs, "Output", "auxiliary-outputs");
    // Names need not be UTF-8: what is not becomes U+FFFD.
    file_.lines +=
        line.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
    file_.capture_ids.push_back(record.capture_id);
  }

  CaptureFile Take() { return std::move(file_); }

 private:
  template <class Captured>
  Json Entries(const std::vector<Captured>& list, const char* mode,
               const char* kind) {
    Json entries = Json::array();
    for (const Captured& captured : list) {
      Json entry = {{"name", captured.name},
                    {"mode", mode},
                    {"observedContentType", ContentType(captured)}};
      if (captured.bytes.size() <= options_.base64_embed_bytes_max) {
        Embed(captured, entry);
      } else {
        Refer(captured, kind, entry);
      }
      entries.push_back(std::move(entry));
    }
    return entries;
  }

  static void Embed(const CapturedTensor& tensor, Json& entry) {
    entry["encoding"] = "BASE64";
    entry["data"] = aws::EncodeBase64(tensor.bytes);
  }

  // Text stays text. The client says whether its bytes are base64 already.
  static void Embed(const CapturedAuxiliary& auxiliary, Json& entry) {
    const bool text = auxiliary.encoding == CaptureEncoding::kCsv ||
                      auxiliary.encoding == CaptureEncoding::kJson ||
                      (auxiliary.encoding == CaptureEncoding::kBase64 &&
                       IsBase64(auxiliary.bytes));
    entry["encoding"] = text ? EncodingName(auxiliary.encoding) : "BASE64";
    entry["data"] = text ? auxiliary.bytes : aws::EncodeBase64(auxiliary.bytes);
  }

  static const char* RawEncoding(const CapturedTensor&) { return "NONE"; }
  static const char* RawEncoding(const CapturedAuxiliary& auxiliary) {
    return EncodingName(auxiliary.encoding);
  }

  // The reference is relative to the file of lines, so that it holds on the
  // disk, in a bucket, and after a move from one to the other.
  template <class Captured>
  void Refer(const Captured& captured, const char* kind, Json& entry) {
    const std::string reference =
        std::string("raw-data/") + kind + '/' + stem_ + '-' +
        std::to_string(file_.raw_files.size()) + std::string(kRawEnd);
    entry["encoding"] = RawEncoding(captured);
    entry["data-ref"] = reference;
    file_.raw_files.push_back({Join(folder_, reference), captured.bytes});
  }

  const CaptureOptions& options_;
  std::string folder_;
  std::string stem_;
  CaptureFile file_;
};

}  // namespace

std::string FileNamer::Next(system_clock::time_point now) {
  const auto milliseconds =
      std::chrono::floor<std::chrono::milliseconds>(now.time_since_epoch()) %
      std::chrono::seconds(1);
  std::array<char, 32> fraction{};
  std::array<char, 32> serial{};
  std::snprintf(fraction.data(), fraction.size(), ".%03d",
                static_cast<int>(milliseconds.count()));
  std::snprintf(serial.data(), serial.size(), "-%06u", ++serial_);
  return FormatTime(now, "%Y%m%dT%H%M%S") + fraction.data() + '-' +
         device_name_ + '-' + session_ + serial.data();
}

std::vector<CaptureFile> FormatFiles(const CaptureOptions& options,
                                     const std::vector<CaptureRecord>& records,
                                     FileNamer& namer) {
  const auto now = system_clock::now();
  const std::string fleet = Join(options.folder_prefix, options.fleet_name);
  std::vector<FileBuilder> builders;
  std::map<std::string, std::size_t> builder_of_folder;
  for (const CaptureRecord& record : records) {
    std::string folder = Join(Join(fleet, record.model_name),
                              FormatTime(record.inference_time, "%Y/%m/%d/%H"));
    const auto [entry, added] =
        builder_of_folder.try_emplace(folder, builders.size());
    if (added) {
      builders.emplace_back(options, std::move(folder), namer.Next(now));
    }
    builders[entry->second].Add(record);
  }
  std::vector<CaptureFile> files;
  files.reserve(builders.size());
  for (FileBuilder& builder : builders) files.push_back(builder.Take());
  return files;
}

bool IsCaptureFile(std::string_view key) {
  return key.ends_with(kLinesEnd) ||
         (key.ends_with(kRawEnd) &&
          key.find("/raw-data/") != std::string_view::npos);
}

bool IsPartialFile(std::string_view key) {
  const std::size_t start = key.rfind(".partial-");
  return start != std::string_view::npos && IsCaptureFile(key.substr(0, start));
}

bool IsPathStep(std::string_view text) {
  constexpr std::size_t kStepBytes = 255;
  return !text.empty() && text.size() <= kStepBytes && text != "." &&
         text != ".." && std::ranges::all_of(text, [](char c) {
           return c != '/' && static_cast<unsigned char>(c) >= ' ' &&
                  c != '\x7f';
         });
}

}  // namespace skerry::agent
