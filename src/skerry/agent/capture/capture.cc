#include "skerry/agent/capture/capture.h"

#include <cstddef>
#include <utility>

#include "skerry/agent/capture/backoff.h"
#include "skerry/agent/capture/capture_buffer.h"
#include "skerry/agent/capture/capture_checks.h"
#include "skerry/agent/capture/capture_files.h"
#include "skerry/agent/capture/capture_metrics.h"
#include "skerry/agent/capture/file_sink.h"
#include "skerry/agent/capture/random.h"
#include "skerry/agent/capture/upload.h"
#include "skerry/platform/folder.h"
#include "skerry/platform/thread.h"

namespace skerry::agent {
namespace {

using std::chrono::steady_clock;
using std::chrono::system_clock;
using Destination = CaptureOptions::Destination;

constexpr std::chrono::milliseconds kFirstPause{200};
constexpr std::chrono::seconds kLongestPause{30};
// For what is in the buffer when nobody called `Drain` before the end.
constexpr std::chrono::seconds kLastDrain{5};

bool MeansNoNetwork(const Error& error) {
  return error.code() == ErrorCode::kUnavailable ||
         error.code() == ErrorCode::kDeadlineExceeded;
}

class CaptureImpl final : public Capture {
 public:
  CaptureImpl(CaptureOptions options, telemetry::Registry& registry,
              const telemetry::Logger& log)
      : options_(std::move(options)),
        log_(log),
        metrics_(registry),
        upload_metrics_(registry),
        buffer_(options_, metrics_),
        namer_(options_.device_name, RandomName()),
        backoff_(kFirstPause, kLongestPause, RandomSeed()) {}

  ~CaptureImpl() override {
    if (sink_ != nullptr) Drain(steady_clock::now() + kLastDrain);
    buffer_.Close();
    writer_ = platform::Thread();
  }

  Result<void> Open(std::unique_ptr<aws::S3Client> s3,
                    telemetry::Registry& registry) {
    if (options_.destination == Destination::kCloud) {
      sink_ = MakeBucketSink(std::move(s3), options_.bucket);
    } else {
      SKERRY_RETURN_IF_ERROR(OpenFolder());
      sink_ = MakeDiskSink(options_.disk_path);
      if (options_.periodic_upload) {
        SKERRY_ASSIGN_OR_RETURN(
            upload_,
            Upload::Start({.root = options_.disk_path,
                           .prefix = options_.folder_prefix,
                           .period = options_.periodic_upload_period},
                          MakeBucketSink(std::move(s3), options_.bucket),
                          registry, log_));
      }
    }
    SKERRY_ASSIGN_OR_RETURN(
        writer_, platform::Thread::Start("capture-write", [this] { Run(); }));
    return {};
  }

  Result<void> Accept(CaptureRecord record) override {
    const auto now = system_clock::now();
    // Clients that send no time mean now.
    if (record.inference_time == system_clock::time_point()) {
      record.inference_time = now;
    }
    if (auto checked = CheckRecord(record, now); !checked.has_value()) {
      const bool time = checked.error().code() == ErrorCode::kOutOfRange;
      (time ? metrics_.rejected_time : metrics_.rejected_invalid)->Add();
      return checked;
    }
    return buffer_.Add(std::move(record));
  }

  CaptureStatus Status(std::string_view capture_id) const override {
    return buffer_.Status(capture_id);
  }

  void Drain(steady_clock::time_point deadline) override {
    buffer_.Drain(deadline);
  }

 private:
  // What a write of an earlier run left half done was never told to be there.
  Result<void> OpenFolder() {
    const std::string folder =
        options_.disk_path + '/' + options_.folder_prefix;
    SKERRY_RETURN_IF_ERROR(platform::MakeFolders(folder));
    SKERRY_RETURN_IF_ERROR(platform::CheckFolderWritable(folder));
    std::vector<std::string> partial;
    platform::VisitFiles(folder, [&](std::string_view path) {
      if (IsPartialFile(path)) partial.emplace_back(path);
    });
    for (const std::string& path : partial) {
      SKERRY_RETURN_IF_ERROR(platform::RemoveFile(folder + '/' + path));
    }
    return {};
  }

  void Run() {
    while (const auto batch = buffer_.TakeBatch()) {
      std::vector<CaptureFile> files = FormatFiles(options_, *batch, namer_);
      for (CaptureFile& file : files) {
        const bool written = WriteUntilDone(file);
        if (!written) NoteLoss(file);
        buffer_.Finish(file.capture_ids, written ? CaptureStatus::kSuccess
                                                 : CaptureStatus::kFailure);
      }
      buffer_.ReleaseBatch();
      if (upload_ != nullptr) upload_->Announce();
    }
  }

  // Tries until it goes well; false: there is no more time. Then the others
  // are not tried any more either: each may take as long as S3's timeout.
  bool WriteUntilDone(CaptureFile& file) {
    while (!given_up_) {
      const auto written = WriteFiles(file);
      if (written.has_value()) {
        NoteSuccess();
        return true;
      }
      NoteFailure(written.error());
      given_up_ = !buffer_.Pause(backoff_.Next());
    }
    return false;
  }

  // Payloads first, so that lines never refer to what is not there. Those
  // that are written are not written again.
  Result<void> WriteFiles(CaptureFile& file) {
    while (!file.raw_files.empty()) {
      const RawFile& raw = file.raw_files.back();
      SKERRY_RETURN_IF_ERROR(Write(raw.key, raw.bytes));
      file.raw_files.pop_back();
    }
    SKERRY_RETURN_IF_ERROR(Write(file.key, file.lines));
    metrics_.files->Add();
    return {};
  }

  Result<void> Write(const std::string& key, std::string_view content) {
    auto written = sink_->Write(key, content);
    if (options_.destination == Destination::kCloud) {
      (written.has_value() ? upload_metrics_.successes
                           : upload_metrics_.failures)
          ->Add();
    }
    return written;
  }

  void NoteSuccess() {
    backoff_.Reset();
    if (!failing_) return;
    failing_ = false;
    buffer_.SetOffline(false);
    log_.Info("capture_write_recovered");
  }

  // Once for all tries until the next success.
  void NoteFailure(const Error& error) {
    if (options_.destination == Destination::kCloud) {
      buffer_.SetOffline(MeansNoNetwork(error));
    }
    if (failing_) return;
    failing_ = true;
    log_.Warning("capture_write_failed", {{"error", error.message()}});
  }

  void NoteLoss(const CaptureFile& file) {
    metrics_.lost->Add(file.capture_ids.size());
    log_.Error("capture_lost",
               {{"file", file.key}, {"records", file.capture_ids.size()}});
  }

  const CaptureOptions options_;
  const telemetry::Logger& log_;
  CaptureMetrics metrics_;
  UploadMetrics upload_metrics_;
  CaptureBuffer buffer_;

  // Of the thread that writes.
  FileNamer namer_;
  Backoff backoff_;
  bool failing_ = false;
  bool given_up_ = false;
  std::unique_ptr<FileSink> sink_;

  std::unique_ptr<Upload> upload_;
  platform::Thread writer_;
};

}  // namespace

Result<std::unique_ptr<Capture>> Capture::Create(
    CaptureOptions options, std::unique_ptr<aws::S3Client> s3,
    telemetry::Registry& metrics, const telemetry::Logger& log) {
  while (options.folder_prefix.ends_with('/')) options.folder_prefix.pop_back();
  while (options.disk_path.ends_with('/') && options.disk_path.size() > 1) {
    options.disk_path.pop_back();
  }
  SKERRY_RETURN_IF_ERROR(CheckOptions(options, s3 != nullptr));
  auto capture =
      std::make_unique<CaptureImpl>(std::move(options), metrics, log);
  SKERRY_RETURN_IF_ERROR(capture->Open(std::move(s3), metrics));
  return capture;
}

}  // namespace skerry::agent
