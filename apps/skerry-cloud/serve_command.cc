#include <signal.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <memory>

#include "command.h"
#include "settings.h"
#include "skerry/cloud/service/control_plane.h"
#include "skerry/platform/resident.h"
#include "skerry/platform/signals.h"

namespace skerry::cloud {
namespace {

constexpr std::array kSignals = {SIGTERM, SIGINT, SIGHUP};

/// A connection is a descriptor; objects that are read are others.
void RaiseDescriptorLimit() {
  rlimit limit = {};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

void WarnOfFewDescriptors(const ControlPlaneConfig& config,
                          const telemetry::Logger& log) {
  rlimit limit = {};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
      limit.rlim_cur < config.server.connection_count_max) {
    log.Warning("few_descriptors",
                {{"limit", limit.rlim_cur},
                 {"connections", config.server.connection_count_max}});
  }
}

void Reload(ControlPlane& plane, const telemetry::Logger& log) {
  if (auto reloaded = plane.ReloadCertificate(); !reloaded) {
    log.Error("certificate_not_reloaded",
              {{"reason", reloaded.error().message()}});
  } else {
    log.Info("certificate_reloaded");
  }
}

Result<void> Serve(const Settings& settings) {
  SKERRY_ASSIGN_OR_RETURN(const ControlPlaneConfig config,
                          ReadSettings(settings));
  platform::BlockSignals(kSignals);
  platform::IgnoreBrokenPipes();
  RaiseDescriptorLimit();
  const telemetry::Logger log({.format = config.log_format,
                               .level = config.log_level,
                               .version = SKERRY_VERSION});
  WarnOfFewDescriptors(config, log);
  SKERRY_ASSIGN_OR_RETURN(const std::unique_ptr<ControlPlane> plane,
                          ControlPlane::Create(config, log));
  log.Info("listening", {{"address", config.server.address},
                         {"port", plane->port()},
                         {"tls", !config.server.certificate_file.empty()}});
  platform::ReleaseStartupPages();
  platform::NotifyServiceManager("READY=1");
  int signal = platform::WaitForSignal(kSignals);
  for (; signal == SIGHUP; signal = platform::WaitForSignal(kSignals)) {
    Reload(*plane, log);
  }
  platform::NotifyServiceManager("STOPPING=1");
  log.Info("signal", {{"number", signal}});
  // A second one ends the program at once.
  for (const int ending : {SIGTERM, SIGINT}) platform::UnblockSignal(ending);
  plane->Drain();
  log.Info("ended");
  return {};
}

}  // namespace

void AddServeCommand(CLI::App& app, Action& action) {
  auto settings = std::make_shared<Settings>();
  CLI::App* command =
      app.add_subcommand("serve", "Serve all the APIs on one port");
  AddSettings(*command, *settings);
  command->footer(
      "Settings come from the command line, then the environment, then the "
      "configuration file.\nSignals: TERM and INT end it, requests under way "
      "are answered first; HUP reads the certificate again.\n\nExamples:\n"
      "  skerry-cloud serve --data ./cloud\n"
      "  skerry-cloud serve --data /var/lib/skerry-cloud --listen [::]:8780 "
      "\\\n      --tls-certificate cloud.crt --tls-key cloud.key");
  command->callback([&action, settings] {
    action = [settings] { return Serve(*settings); };
  });
}

}  // namespace skerry::cloud
