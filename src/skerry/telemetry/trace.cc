#include "skerry/telemetry/trace.h"

#include <array>
#include <atomic>
#include <condition_variable>
#include <iterator>
#include <mutex>
#include <random>
#include <span>
#include <stop_token>

#include "skerry/http/client.h"
#include "skerry/platform/random.h"
#include "skerry/platform/thread.h"
#include "skerry/telemetry/otlp.h"

namespace skerry::telemetry {
namespace {

// Spans of one request to the collector.
constexpr std::size_t kBatchSpansMax = 512;
constexpr std::chrono::milliseconds kSendTimeout = std::chrono::seconds(5);
// How long the end of a program may wait for the collector. A little less
// than the second that is promised.
constexpr std::chrono::milliseconds kFlushTime{900};
constexpr std::size_t kAnswerBytesMax = std::size_t{64} << 10;

// Chance, not secrecy: which requests are traced.
double RandomShare() {
  thread_local std::minstd_rand generator([] {
    std::array<std::uint32_t, 1> seed{};
    platform::FillRandom(std::as_writable_bytes(std::span(seed)));
    return seed[0];
  }());
  return std::uniform_real_distribution<double>()(generator);
}

class TracerImpl final : public Tracer {
 public:
  TracerImpl(Options options, const http::Url& collector)
      : options_(std::move(options)), target_(collector.target) {
    if (target_.ends_with('/')) target_.pop_back();
    target_ += "/v1/traces";
  }

  ~TracerImpl() override {
    {
      std::unique_lock lock(mutex_);
      ending_ = true;
      changed_.notify_all();
      changed_.wait_for(lock, kFlushTime, [this] { return ended_; });
    }
    stop_.request_stop();  // whatever is being sent
    thread_ = {};
  }

  Result<void> Start(const http::Url& collector) {
    http::ClientOptions options;
    options.timeout = kSendTimeout;
    options.response_bytes_max = kAnswerBytesMax;
    options.ca_file = options_.ca_file;
    options.stop = stop_.get_token();
    SKERRY_ASSIGN_OR_RETURN(client_, http::Client::Create(collector, options));
    SKERRY_ASSIGN_OR_RETURN(
        thread_, platform::Thread::Start("skerry-traces", [this] { Run(); }));
    return {};
  }

  bool Wants(const std::optional<TraceContext>& context) override {
    if (context) return context->sampled;
    if (options_.sample_share >= 1) return true;
    return options_.sample_share > 0 && RandomShare() < options_.sample_share;
  }

  void Record(Span span) override {
    const std::lock_guard lock(mutex_);
    if (queue_.size() >= options_.queue_max || ending_) {
      dropped_count_.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    queue_.push_back(std::move(span));
    // The thread waits for a first span, and then for a full batch.
    if (queue_.size() == 1 || queue_.size() == kBatchSpansMax) {
      changed_.notify_all();
    }
  }

  std::uint64_t dropped_count() const override {
    return dropped_count_.load(std::memory_order_relaxed);
  }

 private:
  void Run() {
    while (true) {
      const std::vector<Span> spans = NextBatch();
      if (spans.empty()) break;
      if (!Send(spans)) {
        dropped_count_.fetch_add(spans.size(), std::memory_order_relaxed);
      }
    }
    const std::lock_guard lock(mutex_);
    ended_ = true;
    changed_.notify_all();
  }

  // Waits for a batch; at the end, gives what is left, and then nothing.
  std::vector<Span> NextBatch() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return ending_ || !queue_.empty(); });
    changed_.wait_for(lock, options_.period, [this] {
      return ending_ || queue_.size() >= kBatchSpansMax;
    });
    if (queue_.size() <= kBatchSpansMax) return std::exchange(queue_, {});
    const auto end = queue_.begin() + kBatchSpansMax;
    std::vector<Span> batch(std::make_move_iterator(queue_.begin()),
                            std::make_move_iterator(end));
    queue_.erase(queue_.begin(), end);
    return batch;
  }

  bool Send(std::span<const Span> spans) {
    const std::string body =
        OtlpJson(options_.service_name, options_.service_version, spans);
    const Result<http::Response> response =
        client_->Send({.method = "POST",
                       .target = target_,
                       .headers = {{"Content-Type", "application/json"}},
                       .body = body});
    return response && response->status >= 200 && response->status < 300;
  }

  Options options_;
  std::string target_;
  std::stop_source stop_;
  std::unique_ptr<http::Client> client_;
  std::atomic<std::uint64_t> dropped_count_ = 0;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Span> queue_;
  bool ending_ = false;
  bool ended_ = false;

  platform::Thread thread_;  // last: it uses all of the above
};

}  // namespace

Result<std::unique_ptr<Tracer>> Tracer::Create(Options options) {
  const std::string context = "trace endpoint '" + options.endpoint + "'";
  const Result<http::Url> collector = http::ParseUrl(options.endpoint);
  if (!collector) return collector.error().WithContext(context);
  if (collector->target.contains('?')) {
    return InvalidArgument(context + ": want no query ('?')");
  }
  auto tracer = std::make_unique<TracerImpl>(std::move(options), *collector);
  if (const auto started = tracer->Start(*collector); !started) {
    return started.error().WithContext(context);
  }
  return tracer;
}

}  // namespace skerry::telemetry
