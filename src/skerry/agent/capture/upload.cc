#include "skerry/agent/capture/upload.h"

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <queue>
#include <utility>
#include <vector>

#include "skerry/agent/capture/backoff.h"
#include "skerry/agent/capture/capture_files.h"
#include "skerry/agent/capture/capture_metrics.h"
#include "skerry/agent/capture/random.h"
#include "skerry/platform/file.h"
#include "skerry/platform/folder.h"
#include "skerry/platform/thread.h"

namespace skerry::agent {
namespace {

using std::chrono::steady_clock;

// Paths held at once, however many files there are.
constexpr std::size_t kPassFiles = 1024;
// Then the pass ends, and another follows later.
constexpr int kPassFailures = 8;
// A file holds a batch, and base64 makes its payloads longer by a third.
constexpr std::size_t kFileBytes = 2 * kCaptureBufferBytesMax;
constexpr std::chrono::milliseconds kFirstUploadPause{500};
constexpr std::chrono::minutes kLongestUploadPause{1};

// By name, which begins with the time; payloads before the lines that refer to
// them, for '-' comes before '.'.
std::string_view NameOf(std::string_view key) {
  return key.substr(key.rfind('/') + 1);
}

bool IsOlder(const std::string& a, const std::string& b) {
  return std::pair(NameOf(a), std::string_view(a)) <
         std::pair(NameOf(b), std::string_view(b));
}

class UploadImpl final : public Upload {
 public:
  UploadImpl(Options options, std::unique_ptr<FileSink> sink,
             telemetry::Registry& metrics, const telemetry::Logger& log)
      : options_(std::move(options)),
        sink_(std::move(sink)),
        metrics_(metrics),
        log_(log),
        backoff_(kFirstUploadPause, kLongestUploadPause, RandomSeed()) {}

  ~UploadImpl() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    thread_ = platform::Thread();
  }

  Result<void> StartThread() {
    SKERRY_ASSIGN_OR_RETURN(
        thread_, platform::Thread::Start("capture-upload", [this] { Run(); }));
    return {};
  }

  void Announce() override {
    {
      const std::lock_guard lock(mutex_);
      announced_ = true;
    }
    changed_.notify_all();
  }

 private:
  enum class Outcome { kAll, kSome, kFailed };

  void Run() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
      changed_.wait(lock, [this] { return announced_ || stopping_; });
      if (stopping_) return;
      announced_ = false;
      lock.unlock();
      const Outcome outcome = UploadOldest();
      lock.lock();
      if (outcome != Outcome::kAll) announced_ = true;
      if (outcome == Outcome::kSome) continue;
      const auto pause = outcome == Outcome::kFailed
                             ? std::max(backoff_.Next(), kFirstUploadPause / 10)
                             : options_.period;
      changed_.wait_for(lock, pause, [this] { return stopping_; });
    }
  }

  // One pass over the oldest files.
  Outcome UploadOldest() {
    const std::vector<std::string> keys = FindOldest();
    int failures = 0;
    for (const std::string& key : keys) {
      if (IsStopping()) return Outcome::kSome;
      const auto moved = Move(key);
      if (moved.has_value()) continue;
      NoteFailure(key, moved.error());
      // What S3 refuses may be this file's fault; all else is everybody's.
      const bool refused =
          moved.error().code() == ErrorCode::kFailedPrecondition;
      if (++failures == kPassFailures || !refused) break;
    }
    if (failures > 0) return Outcome::kFailed;
    backoff_.Reset();
    if (failing_ && !keys.empty()) {
      failing_ = false;
      log_.Info("capture_upload_recovered");
    }
    return keys.size() < kPassFiles ? Outcome::kAll : Outcome::kSome;
  }

  std::vector<std::string> FindOldest() const {
    std::priority_queue<std::string, std::vector<std::string>,
                        decltype(&IsOlder)>
        oldest(&IsOlder);
    const std::string folder = Below(options_.prefix);
    platform::VisitFiles(folder, [&](std::string_view path) {
      std::string key = options_.prefix;
      if (!key.empty()) key += '/';
      key += path;
      if (!IsCaptureFile(key)) return;
      oldest.push(std::move(key));
      if (oldest.size() > kPassFiles) oldest.pop();
    });
    std::vector<std::string> keys;
    for (; !oldest.empty(); oldest.pop()) keys.push_back(oldest.top());
    std::ranges::reverse(keys);
    return keys;
  }

  Result<void> Move(const std::string& key) {
    const std::string path = Below(key);
    auto content = platform::ReadTextFile(path, kFileBytes);
    if (!content.has_value()) {
      if (content.error().code() == ErrorCode::kNotFound) return {};
      // This file stays; the others go on.
      return FailedPrecondition(content.error().message());
    }
    const auto put = sink_->Write(key, *content);
    (put.has_value() ? metrics_.successes : metrics_.failures)->Add();
    SKERRY_RETURN_IF_ERROR(put);
    SKERRY_RETURN_IF_ERROR(platform::RemoveFile(path));
    RemoveEmptyFoldersOf(key);
    return {};
  }

  // Up to the folder of the prefix. Those with something in them stay.
  void RemoveEmptyFoldersOf(const std::string& key) const {
    for (std::size_t end = key.rfind('/');
         end != std::string::npos && end > options_.prefix.size();
         end = key.rfind('/', end - 1)) {
      platform::RemoveEmptyFolder(Below(key.substr(0, end)));
    }
  }

  std::string Below(const std::string& key) const {
    return options_.root + '/' + key;
  }

  void NoteFailure(const std::string& key, const Error& error) {
    if (failing_) return;
    failing_ = true;
    log_.Warning("capture_upload_failed",
                 {{"file", key}, {"error", error.message()}});
  }

  bool IsStopping() {
    const std::lock_guard lock(mutex_);
    return stopping_;
  }

  const Options options_;
  const std::unique_ptr<FileSink> sink_;
  const UploadMetrics metrics_;
  const telemetry::Logger& log_;

  // Of the thread.
  Backoff backoff_;
  bool failing_ = false;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool announced_ = true;
  bool stopping_ = false;
  platform::Thread thread_;
};

}  // namespace

Result<std::unique_ptr<Upload>> Upload::Start(Options options,
                                              std::unique_ptr<FileSink> sink,
                                              telemetry::Registry& metrics,
                                              const telemetry::Logger& log) {
  auto upload = std::make_unique<UploadImpl>(std::move(options),
                                             std::move(sink), metrics, log);
  SKERRY_RETURN_IF_ERROR(upload->StartThread());
  return upload;
}

}  // namespace skerry::agent
