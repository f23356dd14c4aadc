#include <signal.h>

#include <CLI/CLI.hpp>
#include <array>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>

#include "command.h"
#include "settings.h"
#include "skerry/cloud/jobs/job_service.h"
#include "skerry/platform/signals.h"
#include "skerry/telemetry/log.h"
#include "skerry/telemetry/metrics.h"

namespace skerry::cloud {
namespace {

constexpr std::array kStopSignals = {SIGTERM, SIGINT};

struct WorkerSettings {
  RemoteWorker::Options worker;
  ObjectSettings objects;
  int memory_mib = 0;
  int drain_seconds = 30;
  std::string log_format = "text";
};

Result<void> Work(WorkerSettings settings) {
  if (const char* const region = std::getenv("AWS_REGION")) {
    settings.worker.region = region;
  }
  if (settings.memory_mib > 0) {
    settings.worker.worker.limits.memory_bytes =
        static_cast<std::uint64_t>(settings.memory_mib) << 20;
  }
  SKERRY_ASSIGN_OR_RETURN(settings.worker.objects,
                          ReadObjectSettings(settings.objects));
  if (!settings.worker.objects.endpoint.empty() &&
      settings.worker.objects.credentials_file.empty()) {
    return InvalidArgument(
        "--object-endpoint wants --object-credentials: the environment has the "
        "worker's key for the control plane");
  }
  SKERRY_ASSIGN_OR_RETURN(const telemetry::LogFormat format,
                          telemetry::ParseLogFormat(settings.log_format));
  platform::BlockSignals(kStopSignals);
  platform::IgnoreBrokenPipes();
  const telemetry::Logger log({.format = format,
                               .level = telemetry::LogLevel::kInfo,
                               .version = SKERRY_VERSION});
  telemetry::Registry metrics;
  SKERRY_ASSIGN_OR_RETURN(
      const std::unique_ptr<RemoteWorker> worker,
      RemoteWorker::Create(settings.worker, aws::EnvironmentCredentials(), log,
                           metrics));
  log.Info("working", {{"url", settings.worker.url}});
  platform::NotifyServiceManager("READY=1");
  platform::WaitForSignal(kStopSignals);
  platform::NotifyServiceManager("STOPPING=1");
  for (const int signal : kStopSignals) platform::UnblockSignal(signal);
  worker->Shutdown(std::chrono::steady_clock::now() +
                   std::chrono::seconds(settings.drain_seconds));
  log.Info("ended");
  return {};
}

}  // namespace

void AddWorkerCommand(CLI::App& app, Action& action) {
  auto settings = std::make_shared<WorkerSettings>();
  JobWorkerOptions& worker = settings->worker.worker;
  CLI::App* command = app.add_subcommand(
      "worker", "Compile models for a control plane on another machine");
  command
      ->add_option("--url", settings->worker.url,
                   "The control plane, such as https://cloud:8780")
      ->type_name("URL")
      ->envname("AWS_ENDPOINT_URL")
      ->required();
  command
      ->add_option("--work", worker.work_folder,
                   "A folder for jobs while they run; workers may share it")
      ->type_name("DIR")
      ->required();
  AddObjectOptions(*command, settings->objects);
  command->add_option("--jobs", worker.job_count, "Jobs at once; default 1")
      ->type_name("COUNT")
      ->check(CLI::Range(1, 256));
  command
      ->add_option("--sandbox", worker.sandbox,
                   "What contains a job: auto (the default), bubblewrap, user, "
                   "none")
      ->type_name("METHOD");
  command
      ->add_option("--compiler", worker.program,
                   "The program skerry; default: beside this one, or in $PATH")
      ->type_name("FILE");
  command
      ->add_option("--job-memory", settings->memory_mib,
                   "Memory that a job may use; default 6144")
      ->type_name("MIB");
  command
      ->add_option("--ca", settings->worker.ca_file,
                   "Trust the server's certificate by this CA (PEM)")
      ->type_name("FILE");
  command
      ->add_option("--drain-seconds", settings->drain_seconds,
                   "How long a job may still run at the end; default 30")
      ->type_name("SECONDS");
  command->add_option("--log-format", settings->log_format, "text or json")
      ->type_name("FORMAT");
  command->footer(
      "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY hold a key whose role is "
      "worker.\nIf the control plane "
      "has --object-endpoint, give the same here.\nTERM and INT end it: a job "
      "that does not end in time is given "
      "back.\n\nExamples:\n  skerry cloud keys add --role worker --name "
      "builder\n"
      "  skerry-cloud worker --url https://cloud:8780 --work /var/tmp/jobs");
  command->callback(
      [&action, settings] { action = [settings] { return Work(*settings); }; });
}

}  // namespace skerry::cloud
