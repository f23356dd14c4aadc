#include "skerry/cloud/jobs/remote_jobs.h"

#include <mutex>
#include <utility>

#include "skerry/aws/sigv4.h"
#include "skerry/cloud/jobs/job_messages.h"
#include "skerry/http/client.h"

namespace skerry::cloud {
namespace {

class RemoteJobsImpl final : public JobSource {
 public:
  RemoteJobsImpl(std::unique_ptr<http::Client> client, const http::Url& url,
                 std::string region, aws::CredentialsProvider credentials)
      : client_(std::move(client)),
        authority_(url.authority()),
        region_(std::move(region)),
        credentials_(std::move(credentials)) {}

  Result<std::optional<LeasedJob>> Lease(const std::string& worker,
                                         std::chrono::seconds duration,
                                         JobKind kind) override {
    if (kind != JobKind::kCompilation) return std::optional<LeasedJob>();
    SKERRY_ASSIGN_OR_RETURN(
        const std::string answer,
        Call("lease", {.worker = worker, .seconds = duration.count()}));
    return ParseLeasedJob(answer);
  }

  Result<LeasedJob> Renew(const LeasedJob& job,
                          std::chrono::seconds duration) override {
    SKERRY_ASSIGN_OR_RETURN(
        const std::string answer,
        Call("renew", {.seconds = duration.count(), .job = job}));
    SKERRY_ASSIGN_OR_RETURN(std::optional<LeasedJob> renewed,
                            ParseLeasedJob(answer));
    if (!renewed) return Unavailable("the server answered without a job");
    renewed->job = job.job;
    return *std::move(renewed);
  }

  Result<void> Finish(const LeasedJob& job,
                      const JobOutcome& outcome) override {
    const char* call = "complete";
    if (outcome.end == JobOutcome::End::kFailed) call = "fail";
    if (outcome.end == JobOutcome::End::kStopped) call = "stopped";
    SKERRY_RETURN_IF_ERROR(
        Call(call,
             {.job = job, .text = outcome.failure_reason, .outcome = outcome}));
    return {};
  }

  Result<void> Release(const LeasedJob& job) override {
    SKERRY_RETURN_IF_ERROR(Call("release", {.job = job}));
    return {};
  }

  Result<void> AppendLog(const LeasedJob& job, std::string_view text) override {
    SKERRY_RETURN_IF_ERROR(
        Call("log", {.job = job, .text = std::string(text)}));
    return {};
  }

 private:
  Result<std::string> Call(std::string_view call, const JobMessage& message) {
    SKERRY_ASSIGN_OR_RETURN(aws::Credentials credentials, credentials_());
    const std::string body = PrintJobMessage(call, message);
    http::Request request{
        .method = "POST",
        .target = std::string(kJobPathPrefix) + std::string(call),
        .headers = {{"Content-Type", "application/json"}},
        .body = body};
    const aws::Signer signer{.credentials = std::move(credentials),
                             .region = region_,
                             .service = std::string(kJobService)};
    http::Headers added = aws::Sign(signer, request, authority_,
                                    std::chrono::system_clock::now());
    request.headers.insert(request.headers.end(), added.begin(), added.end());
    const std::scoped_lock lock(mutex_);
    SKERRY_ASSIGN_OR_RETURN(http::Response answer, client_->Send(request));
    if (answer.status == 200) return std::move(answer.body);
    return ParseJobError(answer.status, answer.body);
  }

  std::mutex mutex_;
  std::unique_ptr<http::Client> client_;
  std::string authority_;
  std::string region_;
  aws::CredentialsProvider credentials_;
};

}  // namespace

Result<std::unique_ptr<JobSource>> RemoteJobs(
    const RemoteJobsOptions& options, aws::CredentialsProvider credentials) {
  auto url = http::ParseUrl(options.url);
  if (!url) return url.error().WithContext("the server's URL");
  SKERRY_ASSIGN_OR_RETURN(
      auto client,
      http::Client::Create(*url, {.response_bytes_max = kJobMessageBytesMax,
                                  .ca_file = options.ca_file}));
  return std::unique_ptr<JobSource>(std::make_unique<RemoteJobsImpl>(
      std::move(client), *url, options.region, std::move(credentials)));
}

}  // namespace skerry::cloud
