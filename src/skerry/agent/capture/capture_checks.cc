#include "skerry/agent/capture/capture_checks.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "skerry/agent/capture/capture_files.h"

namespace skerry::agent {
namespace {

using std::chrono::system_clock;
using Destination = CaptureOptions::Destination;

constexpr std::size_t kIdBytes = 256;
constexpr std::size_t kEmbedBytes = 3072;
// S3's keys have at most 1024 bytes; a model's name and what we add fit in
// the rest.
constexpr std::size_t kFolderBytes = 512;
constexpr std::size_t kDeviceNameBytes = 128;
constexpr std::chrono::minutes kClockDifference{1};

Error Bad(std::string_view option, std::string_view problem) {
  return InvalidArgument(std::string(option).append(" ").append(problem));
}

// Empty, or steps between slashes.
bool IsPrefix(std::string_view prefix) {
  if (prefix.empty()) return true;
  while (true) {
    const std::size_t slash = prefix.find('/');
    if (!IsPathStep(prefix.substr(0, slash))) return false;
    if (slash == std::string_view::npos) return true;
    prefix.remove_prefix(slash + 1);
  }
}

Result<void> CheckNames(const CaptureOptions& options) {
  if (!IsPathStep(options.device_name) ||
      options.device_name.size() > kDeviceNameBytes) {
    return Bad("the device name",
               "must have 1 to 128 bytes that may be part of a file name");
  }
  if (!IsPathStep(options.fleet_name)) {
    return Bad("the fleet name", "must be a name for a folder");
  }
  if (!IsPrefix(options.folder_prefix)) {
    return Bad("folder_prefix",
               "must be a relative path without empty steps, '.' and '..'");
  }
  if (options.folder_prefix.size() + options.fleet_name.size() > kFolderBytes) {
    return Bad("folder_prefix", "and fleet name have more than 512 bytes");
  }
  return {};
}

Result<void> CheckSizes(const CaptureOptions& options) {
  if (options.buffer_size < 1 || options.buffer_size > kCaptureStatusCountMax) {
    return Bad("capture_data_buffer_size",
               "must be from 1 to " + std::to_string(kCaptureStatusCountMax));
  }
  if (options.batch_size < 1 || options.batch_size >= options.buffer_size) {
    return Bad("capture_data_batch_size",
               "must be at least 1 and below the buffer size, got " +
                   std::to_string(options.batch_size));
  }
  if (options.push_period.count() < 1) {
    return Bad("capture_data_push_period_seconds", "must be at least 1");
  }
  if (options.base64_embed_bytes_max > kEmbedBytes) {
    return Bad("capture_data_base64_embed_limit", "must be at most 3072");
  }
  if (options.periodic_upload && options.periodic_upload_period.count() < 1) {
    return Bad("capture_data_periodic_upload_period_seconds",
               "must be at least 1");
  }
  return {};
}

bool IsPrintableId(std::string_view id) {
  return !id.empty() && id.size() <= kIdBytes &&
         std::ranges::all_of(
             id, [](char c) { return c >= ' ' && c <= '~' && c != '/'; });
}

Result<void> CheckTensors(const std::vector<CapturedTensor>& tensors,
                          std::string_view what) {
  for (const CapturedTensor& tensor : tensors) {
    const auto wanted = static_cast<std::size_t>(tensor.type.byte_count());
    if (tensor.bytes.size() == wanted) continue;
    return InvalidArgument(std::string(what) + " tensor '" + tensor.name +
                           "' has " + std::to_string(tensor.bytes.size()) +
                           " bytes, " + tensor.type.ToString() + " needs " +
                           std::to_string(wanted));
  }
  return {};
}

}  // namespace

Result<void> CheckOptions(const CaptureOptions& options, bool has_s3) {
  SKERRY_RETURN_IF_ERROR(CheckNames(options));
  SKERRY_RETURN_IF_ERROR(CheckSizes(options));
  const bool disk = options.destination == Destination::kDisk;
  if (disk && !options.disk_path.starts_with('/')) {
    return Bad("capture_data_disk_path",
               "must be an absolute path, got '" + options.disk_path + "'");
  }
  if (disk && !options.periodic_upload) return {};
  if (!IsPathStep(options.bucket)) {
    return Bad("s3_bucket_name", "must name the bucket for captured data");
  }
  if (!has_s3) {
    return Bad("the provider", "is none, but captured data goes to a bucket");
  }
  return {};
}

Result<void> CheckRecord(const CaptureRecord& record,
                         system_clock::time_point now) {
  if (!IsPrintableId(record.capture_id)) {
    return InvalidArgument(
        "the capture id must have 1 to 256 printable ASCII characters "
        "without '/'");
  }
  if (record.inference_time > now + kClockDifference) {
    return OutOfRange("the inference time is in the future");
  }
  if (record.inference_time < system_clock::time_point()) {
    return InvalidArgument("the inference time is before 1970");
  }
  if (!IsPathStep(record.model_name)) {
    return InvalidArgument("the model's name cannot be that of a folder");
  }
  SKERRY_RETURN_IF_ERROR(CheckTensors(record.inputs, "input"));
  return CheckTensors(record.outputs, "output");
}

std::size_t RecordBytes(const CaptureRecord& record) {
  std::size_t bytes = sizeof record + record.model_name.size() +
                      record.model_version.size() + record.capture_id.size();
  for (const auto* const list : {&record.inputs, &record.outputs}) {
    for (const CapturedTensor& tensor : *list) {
      bytes += sizeof tensor + tensor.name.size() + tensor.bytes.size();
    }
  }
  for (const auto* const list :
       {&record.auxiliary_inputs, &record.auxiliary_outputs}) {
    for (const CapturedAuxiliary& auxiliary : *list) {
      bytes +=
          sizeof auxiliary + auxiliary.name.size() + auxiliary.bytes.size();
    }
  }
  return bytes;
}

}  // namespace skerry::agent
