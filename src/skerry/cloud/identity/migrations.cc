#include "skerry/cloud/identity/identity.h"

namespace skerry::cloud {

std::span<const Migration> IdentityMigrations() {
  static const std::vector<Migration> kMigrations = {
      {"identity/1",
       {// secret, token: encrypted by the vault key. parent: of a session.
        "CREATE TABLE access_keys (id TEXT PRIMARY KEY, role TEXT NOT NULL, "
        "name TEXT NOT NULL, secret TEXT NOT NULL, token TEXT NOT NULL, "
        "parent TEXT NOT NULL, created BIGINT NOT NULL, "
        "expires BIGINT NOT NULL, active BIGINT NOT NULL)",
        "CREATE INDEX access_keys_parent ON access_keys (parent)",
        "CREATE INDEX access_keys_expires ON access_keys (expires)",
        "CREATE TABLE audit_log (id TEXT PRIMARY KEY, time BIGINT NOT NULL, "
        "access_key_id TEXT NOT NULL, name TEXT NOT NULL, peer TEXT NOT NULL, "
        "action TEXT NOT NULL, resource TEXT NOT NULL, outcome TEXT NOT NULL)",
        "CREATE INDEX audit_log_time ON audit_log (time, id)"}}};
  return kMigrations;
}

}  // namespace skerry::cloud
