// SageMaker's API on a port of its own, for tests: the real server, identity
// and operations, with a worker that ends each job at once without compiling
// anything. Jobs whose name begins with "wait" are left alone.
//
//   sagemaker_peer FOLDER [AGENT_SOCKET [DATABASE_URL]]
//
// prints one line of JSON: port, key and secret; ends when its input does.

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "skerry/cloud/database/database.h"
#include "skerry/cloud/identity/identity.h"
#include "skerry/cloud/jobs/job_queue.h"
#include "skerry/cloud/sagemaker/migrations.h"
#include "skerry/cloud/sagemaker/service.h"
#include "skerry/cloud/sagemaker/sts.h"
#include "skerry/cloud/server/server.h"

namespace skerry::cloud {
namespace {

// Requests signed for "sts" go to one handler, all others to the other.
class Switch final : public Handler {
 public:
  Switch(Handler& sagemaker, Handler& sts) : sagemaker_(sagemaker), sts_(sts) {}

  std::unique_ptr<Exchange> NewExchange(RequestHead head) override {
    const bool sts = head.header("authorization").find("/sts/aws4_request") !=
                     std::string_view::npos;
    return (sts ? sts_ : sagemaker_).NewExchange(std::move(head));
  }

 private:
  Handler& sagemaker_;
  Handler& sts_;
};

std::string ResultOf(const Job& job) {
  const std::string uri = "s3://models/" + job.name + ".tar.gz";
  if (job.kind == JobKind::kCompilation) {
    return nlohmann::json{{"ModelArtifacts", {{"S3ModelArtifacts", uri}}},
                          {"ModelDigests", {{"ArtifactDigest", "sha256:0"}}}}
        .dump();
  }
  return nlohmann::json{{"ModelArtifact", uri}, {"ModelSignature", "c2ln"}}
      .dump();
}

// False: there was no job to end.
bool EndOneJob(JobQueue& jobs, Database& database) {
  bool waits = false;
  (void)database.Read([&](Transaction& transaction) -> Result<void> {
    SKERRY_ASSIGN_OR_RETURN(
        const auto rows,
        transaction.Query("SELECT name FROM jobs WHERE ended = 0 "
                          "AND name NOT LIKE 'wait%'",
                          {}));
    waits = !rows.empty();
    return {};
  });
  if (!waits) return false;
  while (true) {
    const auto leased = jobs.Lease("peer", std::chrono::hours(1));
    if (!leased || !*leased) return false;
    const LeasedJob& job = **leased;
    // Those that are to be left alone stay in progress.
    if (job.job.name.starts_with("wait")) continue;
    return static_cast<bool>(jobs.Complete(job, ResultOf(job.job)));
  }
}

int Run(const std::string& url, const std::string& agent_socket) {
  auto database = Database::Open(url);
  if (!database) return 1;
  for (const auto migrations :
       {IdentityMigrations(), JobMigrations(), SageMakerMigrations()}) {
    if (!(*database)->Migrate(migrations)) return 1;
  }
  auto keys = AccessKeys::Create(**database, std::string(32, 'k'));
  if (!keys) return 1;
  const auto key = (*keys)->Add(Role::kAdmin, "peer");
  const auto viewer = (*keys)->Add(Role::kViewer, "looker");
  if (!key || !viewer) return 1;
  JobQueue jobs(**database);
  const auto sagemaker = NewSageMakerHandler(**database, **keys, jobs,
                                             {.agent_socket = agent_socket});
  const auto sts = NewStsHandler(**keys);
  Switch handler(*sagemaker, *sts);
  const telemetry::Logger log({.descriptor = 2, .version = "test"});
  telemetry::Registry metrics;
  auto server =
      Server::Create({.address = "127.0.0.1:0"}, handler, log, metrics);
  if (!server) return 1;
  std::cout << nlohmann::json{{"port", (*server)->port()},
                              {"key", key->principal.access_key_id},
                              {"secret", key->secret},
                              {"viewer_key", viewer->principal.access_key_id},
                              {"viewer_secret", viewer->secret}}
            << '\n'
            << std::flush;
  std::atomic<bool> stop = false;
  std::jthread worker([&] {
    while (!stop) {
      if (!EndOneJob(jobs, **database)) {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
      }
    }
  });
  while (std::getchar() != EOF) {
  }
  stop = true;
  (*server)->Shutdown(std::chrono::steady_clock::now() +
                      std::chrono::seconds(5));
  return 0;
}

}  // namespace
}  // namespace skerry::cloud

int main(int argc, char** argv) {
  if (argc < 2 || argc > 4) {
    std::fputs("usage: sagemaker_peer FOLDER [AGENT_SOCKET [DATABASE_URL]]\n",
               stderr);
    return 2;
  }
  const std::string url =
      argc == 4 ? argv[3]
                : "sqlite:" + std::string(argv[1]) + "/metadata.sqlite";
  return skerry::cloud::Run(url, argc >= 3 ? argv[2] : "");
}
