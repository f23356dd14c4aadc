// An S3 server and nothing else, for tests: s3_test_main DATABASE_URL FOLDER.
// Prints its port and its keys; ends when standard input does.

#include <chrono>
#include <cstdio>
#include <iostream>
#include <string>

#include "skerry/cloud/database/database.h"
#include "skerry/cloud/identity/identity.h"
#include "skerry/cloud/objects/object_store.h"
#include "skerry/cloud/s3/handler.h"
#include "skerry/cloud/server/server.h"

namespace skerry::cloud {
namespace {

// A fixed one: the tests start the server anew on the same data.
constexpr char kVaultKey[] = "0123456789abcdef0123456789abcdef";

Result<void> Serve(const std::string& url, const std::string& folder,
                   std::chrono::seconds grace) {
  SKERRY_ASSIGN_OR_RETURN(const auto database, Database::Open(url));
  SKERRY_RETURN_IF_ERROR(database->Migrate(IdentityMigrations()));
  SKERRY_ASSIGN_OR_RETURN(const auto keys,
                          AccessKeys::Create(*database, kVaultKey));
  SKERRY_ASSIGN_OR_RETURN(
      const auto store,
      ObjectStore::Create(*database, folder,
                          {.grace = grace,
                           .upload_lifetime = std::chrono::hours(24),
                           .sweep_period = grace}));
  const telemetry::Logger log({.level = telemetry::LogLevel::kInfo,
                               .descriptor = 2,
                               .version = "test"});
  const auto handler = NewS3Handler(
      *store, *keys,
      {.base_hosts = {"localhost"}, .region = "us-east-1", .log = &log});
  telemetry::Registry metrics;
  SKERRY_ASSIGN_OR_RETURN(
      const auto server,
      Server::Create({.address = "127.0.0.1:0"}, *handler, log, metrics));
  std::cout << server->port() << '\n';
  for (const Role role : {Role::kAdmin, Role::kViewer}) {
    SKERRY_ASSIGN_OR_RETURN(const AccessKey key, keys->Add(role, "test"));
    std::cout << key.principal.access_key_id << ' ' << key.secret << '\n';
  }
  std::cout.flush();
  while (std::cin.get() != std::char_traits<char>::eof()) {
  }
  server->Shutdown(std::chrono::steady_clock::now() + std::chrono::seconds(5));
  return {};
}

}  // namespace
}  // namespace skerry::cloud

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fputs("usage: s3_test_main DATABASE_URL FOLDER GRACE_SECONDS\n",
               stderr);
    return 2;
  }
  const auto served = skerry::cloud::Serve(
      argv[1], argv[2], std::chrono::seconds(std::stoi(argv[3])));
  if (served) return 0;
  std::cerr << served.error().message() << '\n';
  return 1;
}
