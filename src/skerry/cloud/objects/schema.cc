#include <array>

#include "skerry/cloud/objects/object_store.h"

namespace skerry::cloud {

std::span<const Migration> ObjectMigrations() {
  static const std::array<Migration, 1> kMigrations = {{{
      "objects/1",
      {
          "CREATE TABLE buckets ("
          "  name TEXT PRIMARY KEY,"
          "  created BIGINT NOT NULL,"
          "  versioning BIGINT NOT NULL)",

          "CREATE TABLE object_versions ("
          "  bucket TEXT NOT NULL,"
          "  key_hex TEXT NOT NULL,"
          "  row_id TEXT NOT NULL,"
          "  version_id TEXT NOT NULL,"
          "  latest BIGINT NOT NULL,"
          "  delete_marker BIGINT NOT NULL,"
          "  byte_count BIGINT NOT NULL,"
          "  etag TEXT NOT NULL,"
          "  blob TEXT NOT NULL,"
          "  modified BIGINT NOT NULL,"
          "  content_type TEXT NOT NULL,"
          "  metadata TEXT NOT NULL,"
          "  parts TEXT NOT NULL,"
          "  PRIMARY KEY (bucket, key_hex, row_id))",
          // One latest version for each key, and the order of lists.
          "CREATE UNIQUE INDEX object_versions_latest"
          "  ON object_versions (bucket, key_hex) WHERE latest = 1",
          // Whether a blob is referred to.
          "CREATE INDEX object_versions_blob ON object_versions (blob)",

          "CREATE TABLE uploads ("
          "  upload_id TEXT PRIMARY KEY,"
          "  bucket TEXT NOT NULL,"
          "  key_hex TEXT NOT NULL,"
          "  created BIGINT NOT NULL,"
          "  touched BIGINT NOT NULL,"
          "  content_type TEXT NOT NULL,"
          "  metadata TEXT NOT NULL,"
          "  checksum_algorithm TEXT NOT NULL,"
          "  full_object_checksum BIGINT NOT NULL,"
          // The version it became; kept for clients that ask again.
          "  completed_version TEXT NOT NULL)",
          "CREATE INDEX uploads_key ON uploads (bucket, key_hex, upload_id)",
          "CREATE INDEX uploads_touched ON uploads (touched)",

          "CREATE TABLE upload_parts ("
          "  upload_id TEXT NOT NULL,"
          "  part_number BIGINT NOT NULL,"
          "  byte_count BIGINT NOT NULL,"
          "  etag TEXT NOT NULL,"
          "  blob TEXT NOT NULL,"
          "  checksum TEXT NOT NULL,"
          "  modified BIGINT NOT NULL,"
          "  PRIMARY KEY (upload_id, part_number))",
          "CREATE INDEX upload_parts_blob ON upload_parts (blob)",
      },
  }}};
  return kMigrations;
}

}  // namespace skerry::cloud
