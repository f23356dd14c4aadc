#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "command.h"
#include "reports.h"
#include "skerry/agent/serving/model_package.h"
#include "skerry/trust/package_signature.h"

namespace skerry::cli {
namespace {

struct PackageFlags {
  std::string model;
  std::string name;
  std::string version;
  std::string key;
  std::string folder;
  bool json = false;
};

// The key is read first: nothing is written for one that does not sign.
Result<void> Package(const PackageFlags& options) {
  std::unique_ptr<trust::SigningKey> key;
  if (!options.key.empty()) {
    SKERRY_ASSIGN_OR_RETURN(key, trust::SigningKey::Load(options.key));
  }
  SKERRY_RETURN_IF_ERROR(agent::WriteModelPackage(
      options.folder, options.model, options.name, options.version, key.get()));
  const std::string algorithm(key ? key->algorithm() : "");
  if (options.json) {
    PrintJson({{"folder", options.folder},
               {"name", options.name},
               {"version", options.version},
               {"signature", key ? Json(algorithm) : Json(nullptr)}});
    return {};
  }
  std::printf("%s: %s, version %s, %s\n", options.folder.c_str(),
              options.name.c_str(), options.version.c_str(),
              key ? ("signed (" + algorithm + ")").c_str() : "not signed");
  return {};
}

}  // namespace

void AddPackageCommand(CLI::App& app, Action& action) {
  auto options = std::make_shared<PackageFlags>();
  CLI::App* command = app.add_subcommand(
      "package", "Put a compiled model into a folder, as agents load it");
  command->add_option("MODEL", options->model, "a compiled model")->required();
  command->add_option("--name", options->name, "what clients call it")
      ->type_name("NAME")
      ->required();
  command
      ->add_option("--version", options->version,
                   "tells it from others of its name")
      ->type_name("VERSION")
      ->required();
  command
      ->add_option("--sign", options->key,
                   "sign it by this private key (PEM): Ed25519, or RSA of at "
                   "least 2048 bits")
      ->type_name("KEY");
  command
      ->add_option("-o,--output", options->folder,
                   "the package; must not exist yet")
      ->type_name("FOLDER")
      ->required();
  command->add_flag("--json", options->json, "print JSON");
  AddExamples(*command,
              "  skerry package detector.so --name detector --version 3 "
              "-o detector-3\n"
              "  openssl genpkey -algorithm ed25519 -out key.pem\n"
              "  skerry package detector.so --name detector --version 3 \\\n"
              "      --sign key.pem -o detector-3\n");
  command->callback(
      [&action, options] { action = [options] { return Package(*options); }; });
}

}  // namespace skerry::cli
