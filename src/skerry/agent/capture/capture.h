#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "skerry/aws/s3_client.h"
#include "skerry/base/result.h"
#include "skerry/telemetry/log.h"
#include "skerry/telemetry/metrics.h"
#include "skerry/tensor/shape.h"

namespace skerry::agent {

enum class CaptureEncoding { kCsv, kJson, kNone, kBase64 };
enum class CaptureStatus { kFailure, kSuccess, kInProgress, kNotFound };

struct CapturedTensor {
  std::string name;
  TensorType type;
  std::string bytes;
};

struct CapturedAuxiliary {
  std::string name;
  CaptureEncoding encoding = CaptureEncoding::kNone;
  std::string bytes;
};

/// What a client wants kept of one inference.
struct CaptureRecord {
  std::string model_name;     ///< of the package
  std::string model_version;  ///< of the package
  std::string capture_id;
  std::chrono::system_clock::time_point inference_time;
  std::vector<CapturedTensor> inputs, outputs;
  std::vector<CapturedAuxiliary> auxiliary_inputs, auxiliary_outputs;
};

/// The agent's configuration keys of the same names.
struct CaptureOptions {
  enum class Destination { kCloud, kDisk };
  Destination destination = Destination::kDisk;
  std::string device_name;
  std::string fleet_name;
  std::string disk_path;  ///< with kDisk; absolute
  std::string folder_prefix = "sme-capture";
  std::string bucket;            ///< with kCloud or periodic upload
  std::size_t buffer_size = 30;  ///< records
  std::size_t batch_size = 10;   ///< below `buffer_size`
  std::chrono::seconds push_period{4};
  std::size_t base64_embed_bytes_max = 3072;  ///< at most 3072
  bool periodic_upload = false;               ///< with kDisk
  std::chrono::seconds periodic_upload_period{8};
};

/// Capture ids and statuses remembered, oldest forgotten first.
inline constexpr std::size_t kCaptureStatusCountMax = 65536;
/// Bytes of all records in the buffer.
inline constexpr std::size_t kCaptureBufferBytesMax = std::size_t{256} << 20;

/// Takes what clients want kept, and writes it in batches, as JSON Lines, to
/// `<prefix>/<fleet>/<model>/YYYY/MM/DD/HH/<file>.jsonl` in a folder or in an
/// S3 bucket, with large payloads in files of their own beside. A file appears
/// whole or not at all. What is in files is never lost; a record counts as
/// kSuccess once its file is on the disk (fsync) or S3 has answered, and as
/// kFailure if that could not be done before the end. Until then it is tried
/// again: a full disk or a lost network makes records wait.
///
/// Thread safety: thread-safe.
class Capture {
 public:
  /// `s3` may be null where no bucket is used. Makes the folder. Files of an
  /// earlier run that still wait for upload are taken up again.
  ///
  /// Errors: kInvalidArgument names the option; kPermissionDenied etc. for
  /// the folder.
  static Result<std::unique_ptr<Capture>> Create(
      CaptureOptions options, std::unique_ptr<aws::S3Client> s3,
      telemetry::Registry& metrics, const telemetry::Logger& log);

  /// Writes what it has, as `Drain`, for at most 5 s more and the time that a
  /// request to S3 takes.
  virtual ~Capture() = default;

  /// Errors: kAlreadyExists (the id), kResourceExhausted (buffer full),
  /// kOutOfRange (time in the future, by more than a minute),
  /// kInvalidArgument (id: 1 to 256 printable characters, no '/'; a tensor
  /// whose bytes are not what its type needs; a model name that cannot be a
  /// folder's), kFailedPrecondition (kCloud, and the last upload found no
  /// network). A record without a time (1970-01-01) is of now.
  virtual Result<void> Accept(CaptureRecord record) = 0;

  virtual CaptureStatus Status(std::string_view capture_id) const = 0;

  /// Writes what is in the buffer, until `deadline`.
  virtual void Drain(std::chrono::steady_clock::time_point deadline) = 0;
};

}  // namespace skerry::agent
