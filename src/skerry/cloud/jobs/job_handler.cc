#include "skerry/cloud/jobs/job_handler.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "skerry/cloud/jobs/job_messages.h"
#include "skerry/cloud/jobs/job_source.h"

namespace skerry::cloud {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kLogPartBytesMax = std::size_t{256} << 10;

int StatusOf(ErrorCode code) {
  switch (code) {
    case ErrorCode::kNotFound:
      return 404;
    case ErrorCode::kAborted:
    case ErrorCode::kAlreadyExists:
      return 409;
    case ErrorCode::kPermissionDenied:
      return 403;
    case ErrorCode::kUnavailable:
      return 503;
    case ErrorCode::kInternal:
    case ErrorCode::kResourceExhausted:
      return 500;
    default:
      return 400;
  }
}

Response JsonResponse(int status, std::string body) {
  Response response;
  response.status = status;
  response.headers = {{"Content-Type", "application/json"}};
  response.body = std::move(body);
  return response;
}

Response ErrorResponse(const Error& error) {
  return JsonResponse(StatusOf(error.code()), PrintJobError(error));
}

Response ApiErrorResponse(const ApiError& error) {
  return JsonResponse(
      error.status, Json({{"error", error.code}, {"message", error.message}})
                        .dump(-1, ' ', false, Json::error_handler_t::replace));
}

// "a=b&c=d"; what is read here needs no escapes.
std::map<std::string, std::string> ParseQuery(std::string_view query) {
  std::map<std::string, std::string> parameters;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    const std::size_t equals = pair.find('=');
    if (equals != std::string_view::npos) {
      parameters.emplace(pair.substr(0, equals), pair.substr(equals + 1));
    }
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return parameters;
}

struct Parts {
  AccessKeys& keys;
  JobQueue& queue;
  JobLogs& logs;
  std::unique_ptr<JobSource> jobs;
};

class JobExchange final : public Exchange {
 public:
  JobExchange(Parts& parts, RequestHead head)
      : parts_(parts), head_(std::move(head)) {}

  std::optional<Response> Begin() override {
    auto verified =
        VerifyRequest(head_, parts_.keys, std::chrono::system_clock::now());
    if (!verified) return ApiErrorResponse(verified.error());
    if (verified->service != kJobService) {
      return ErrorResponse(PermissionDenied(
          "the request is signed for service '" + verified->service +
          "', want '" + std::string(kJobService) + "'"));
    }
    // Until the body has come it may not be who it says it is; that is good
    // enough for a refusal.
    const Principal& who = verified->principal;
    const std::string_view action =
        head_.method == "GET" ? "skerry:GetJobLog" : "skerry:jobs:Lease";
    if (!Allows(who, action, "")) {
      return ErrorResponse(
          PermissionDenied("a key of role " + std::string(RoleName(who.role)) +
                           " may not do " + std::string(action)));
    }
    if (head_.content_length.value_or(0) > kJobMessageBytesMax)
      return TooLong();
    payload_ = std::move(verified->payload);
    return std::nullopt;
  }

  std::optional<Response> Write(std::span<const std::byte> piece) override {
    if (const auto read = payload_->Read(piece, body_); !read) {
      return ApiErrorResponse(read.error());
    }
    if (body_.size() > kJobMessageBytesMax) return TooLong();
    return std::nullopt;
  }

  Response Finish() override {
    if (const auto ended = payload_->End(); !ended) {
      return ApiErrorResponse(ended.error());
    }
    const std::string_view path = head_.path();
    const std::string_view call = path.starts_with(kJobPathPrefix)
                                      ? path.substr(kJobPathPrefix.size())
                                      : "";
    const Result<std::string> answer =
        head_.method == "GET" && call == "log" ? ReadLog() : Answer(call);
    return answer ? JsonResponse(200, *answer) : ErrorResponse(answer.error());
  }

 private:
  static Response TooLong() {
    return ErrorResponse(InvalidArgument("the body has more than " +
                                         std::to_string(kJobMessageBytesMax) +
                                         " bytes"));
  }

  Result<std::string> Answer(std::string_view call) {
    if (head_.method != "POST") return Unknown();
    const std::string_view text(reinterpret_cast<const char*>(body_.data()),
                                body_.size());
    SKERRY_ASSIGN_OR_RETURN(const JobMessage message,
                            ParseJobMessage(call, text));
    const std::chrono::seconds duration(message.seconds);
    JobSource& jobs = *parts_.jobs;
    if (call == "lease") {
      SKERRY_ASSIGN_OR_RETURN(
          const auto leased,
          jobs.Lease(message.worker, duration, JobKind::kCompilation));
      return PrintLeasedJob(leased);
    }
    if (call == "renew") {
      SKERRY_ASSIGN_OR_RETURN(const LeasedJob renewed,
                              jobs.Renew(message.job, duration));
      return PrintLeasedJob(renewed);
    }
    return Done(call, message);
  }

  Result<std::string> Done(std::string_view call, const JobMessage& message) {
    JobSource& jobs = *parts_.jobs;
    const LeasedJob& job = message.job;
    Result<void> done;
    if (call == "complete") {
      done = jobs.Finish(job, message.outcome);
    } else if (call == "fail") {
      done = jobs.Finish(job, JobOutcome::Failed(message.text));
    } else if (call == "stopped") {
      done = jobs.Finish(job, JobOutcome::Stopped());
    } else if (call == "release") {
      done = jobs.Release(job);
    } else if (call == "log") {
      // Only who holds the job may write its log.
      SKERRY_RETURN_IF_ERROR(parts_.queue.CheckLease(job));
      done = jobs.AppendLog(job, message.text);
    } else {
      return Unknown();
    }
    if (!done) return done.error();
    return "{}";
  }

  Result<std::string> ReadLog() {
    auto parameters = ParseQuery(head_.query());
    SKERRY_ASSIGN_OR_RETURN(const JobKind kind,
                            ParseJobKind(parameters["kind"]));
    const std::string& text = parameters["offset"];
    std::uint64_t offset = 0;
    const auto parsed =
        std::from_chars(text.data(), text.data() + text.size(), offset);
    if (!text.empty() &&
        (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size())) {
      return InvalidArgument("'offset' is no whole number");
    }
    SKERRY_ASSIGN_OR_RETURN(
        const JobLogPart part,
        parts_.logs.Read(kind, parameters["name"], offset, kLogPartBytesMax));
    return Json({{"text", part.text},
                 {"next_offset", part.next_offset},
                 {"byte_count", part.byte_count}})
        .dump(-1, ' ', false, Json::error_handler_t::replace);
  }

  Error Unknown() const {
    return NotFound("there is no " + head_.method + " " +
                    std::string(head_.path()));
  }

  Parts& parts_;
  RequestHead head_;
  std::unique_ptr<PayloadReader> payload_;
  std::vector<std::byte> body_;
};

class JobHandler final : public Handler {
 public:
  JobHandler(AccessKeys& keys, JobQueue& queue, JobLogs& logs)
      : parts_{keys, queue, logs, LocalJobs(queue, logs)} {}

  std::unique_ptr<Exchange> NewExchange(RequestHead head) override {
    return std::make_unique<JobExchange>(parts_, std::move(head));
  }

 private:
  Parts parts_;
};

}  // namespace

std::unique_ptr<Handler> NewJobHandler(AccessKeys& keys, JobQueue& queue,
                                       JobLogs& logs) {
  return std::make_unique<JobHandler>(keys, queue, logs);
}

}  // namespace skerry::cloud
